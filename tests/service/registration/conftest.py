"""Registration with a database of its own, an organiser's key, and a published event with a form."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from services.registration import create_app
from services.registration.models import Event, db
from services.registration.operations import events, organisers
from services.registration.operations.events import EventPlan, PlannedSession
from services.registration.operations.timeline import SYSTEM
from services.registration.rules.events import EventDetails, SessionDetails
from tests.support.browser import Browser
from tests.support.databases import databases
from tests.support.migrated import migrate

QUESTIONS = (
    {"key": "role", "label": "What do you do?", "type": "text"},
    {
        "key": "interests",
        "label": "What would you like to join?",
        "type": "any of",
        "options": [
            {"value": "webinar", "label": "The webinar"},
            {"value": "community_of_practice", "label": "The community of practice"},
            {"value": "funder_pilot", "label": "The funder pilot"},
        ],
    },
    {
        "key": "first_choice",
        "label": "Which first?",
        "type": "one of",
        "required": True,
        "options": [
            {"value": "community_of_practice", "label": "The community of practice"},
            {"value": "funder_pilot", "label": "The funder pilot"},
        ],
        "shown_when": [{"fact": "interests", "test": "includes any of", "values": ["funder_pilot"]}],
    },
)


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """Hash passwords with as little work as the hash allows: hundreds of tests sign in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(organisers, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment with an empty database, nobody at the broker's address, and no limit.

    The database is a SQLite file. A module whose `pytestmark` is `ON_BOTH_DATABASES` runs on PostgreSQL too.
    """
    with databases(getattr(request, "param", "SQLite"), "registration", create=False) as named:
        yield _environment(tmp_path) | named


def _environment(tmp_path: Path) -> dict[str, str]:
    return {
        "SECRET_KEY": "a secret for tests only",
        "REGISTRATION_DATABASE_URL": f"sqlite:///{tmp_path}/registration.db",
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "MAIL_FROM": "Example Events <events@example.org>",
        "PUBLIC_URL": "http://localhost:8000",
        "RATE_LIMIT": "off",
    }


@pytest.fixture
def app(settings: dict[str, str]) -> Iterator[Flask]:
    """The service, migrated."""
    app = create_app(settings)
    migrate(app)
    yield app
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def key(app: Flask) -> str:
    """An organiser's API key."""
    with app.app_context():
        organisers.ensure_api_key("an-organisers-key", "tests")
        db.session.commit()
    return "an-organisers-key"


@pytest.fixture
def bearer(key: str) -> dict[str, str]:
    """The header that an organiser's program sends."""
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def event(app: Flask) -> str:
    """The slug of a published event without limit of places: two in the afternoon in London, in winter."""
    afternoon = SessionDetails(
        datetime(2030, 11, 4, 14, tzinfo=UTC),
        datetime(2030, 11, 4, 15, tzinfo=UTC),
        join_url="https://meet.example.org/winter",
    )
    plan = EventPlan(
        details=EventDetails(title="Winter webinar", slug="winter-webinar", timezone="Europe/London"),
        sessions=(PlannedSession(afternoon),),
        questions=QUESTIONS,
    )
    with app.app_context():
        made: Event = events.create(plan, SYSTEM)
        events.publish(made, SYSTEM)
        db.session.commit()
        return made.slug


@pytest.fixture
def browser(app: Flask, client: FlaskClient) -> Browser:
    """Signed in as an organiser."""
    with app.app_context():
        organisers.ensure_organiser("organiser@example.org", "a long example password")
        db.session.commit()
    browser = Browser(client)
    keys = browser.hidden("/console/sign-in")
    browser.send("/console/sign-in", email="organiser@example.org", password="a long example password", **keys)
    return browser
