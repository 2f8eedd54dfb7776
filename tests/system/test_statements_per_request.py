"""How often a request asks its database: a number that does not grow with the work of others, nor unnoticed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from services.registration import create_app
from services.registration.commands import load_demo
from services.registration.models import Registration, db
from services.registration.operations.registrations import cancel
from services.registration.operations.timeline import SYSTEM
from tests.support.databases import databases
from tests.support.migrated import migrate

EVENT = "/events/pbsc-learning"


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Registration with the demo event, in a database of its own."""
    with databases(request.param, "registration") as urls:
        settings = {
            "SECRET_KEY": "a secret for tests only",
            "REGISTRATION_DATABASE_URL": f"sqlite:///{tmp_path}/registration.db",
            "BROKER_URL": "redis://127.0.0.1:1/0",
            "MAIL_FROM": "Example Events <events@example.org>",
            "RATE_LIMIT": "off",
        }
        app = create_app(settings | urls)
        migrate(app)
        load_demo(app)
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def asked(app: Flask) -> list[str]:
    """The statements that the database is asked, as they come."""
    statements: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    return statements


def applies(client: FlaskClient, number: int) -> None:
    body: dict[str, Any] = {
        "name": "Ada Example",
        "email": f"ada{number}@example.org",
        "answers": {"organisation_type": "charity", "interests": ["webinar", "community_of_practice"]},
        "consents": ["privacy"],
    }
    assert client.post(f"/api/v1{EVENT}/registrations", json=body).status_code == 201


def of_postgresql(app: Flask) -> bool:
    return bool(app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"))


def test_a_newcomers_registration_asks_for_the_event_for_the_person_and_adds_the_rest(
    app: Flask, asked: list[str]
) -> None:
    client = app.test_client()
    applies(client, 1)
    asked.clear()
    applies(client, 2)
    begun = [statement for statement in asked if not statement.startswith("BEGIN")]
    if of_postgresql(app):
        assert len(begun) == 4, begun
    else:
        assert len(begun) == 3 + 6, begun


def test_the_form_asks_no_more_than_the_api(app: Flask, asked: list[str]) -> None:
    client = app.test_client()
    for number in range(2):
        form_key = re.findall(r'name="form_key" value="([^"]+)"', client.get(EVENT).text)[0]
        typed = {"name": "Ada Example", "email": f"ada-{number}@example.org", "consents": "privacy"}
        asked.clear()
        assert client.post(EVENT, data=typed | {"form_key": form_key}).status_code == 303
    begun = [statement for statement in asked if not statement.startswith("BEGIN")]
    assert len(begun) == (4 if of_postgresql(app) else 3 + 6), begun


def test_registering_takes_no_more_statements_where_many_are_registered(app: Flask, asked: list[str]) -> None:
    client = app.test_client()
    applies(client, 0)
    counts = []
    for number in range(1, 40):
        asked.clear()
        applies(client, number)
        counts.append(len(asked))
    assert len(set(counts)) == 1, counts


def test_whoever_registers_again_is_registered_once(app: Flask) -> None:
    client = app.test_client()
    applies(client, 1)
    applies(client, 1)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 1


def test_cancelling_locks_the_event_before_the_registration(app: Flask, asked: list[str]) -> None:
    if not of_postgresql(app):
        pytest.skip("SQLite has one writer")
    applies(app.test_client(), 1)
    asked.clear()
    with app.app_context():
        cancel(db.session.scalars(select(Registration)).one(), SYSTEM)
    locks = [statement for statement in asked if "FOR " in statement]
    found = [(re.findall(r"FROM (\w+)", statement)[0], statement.rpartition("FOR ")[2]) for statement in locks]
    assert found == [("events", "KEY SHARE"), ("registrations", "UPDATE OF registrations")], locks


def test_the_event_page_asks_once(app: Flask, asked: list[str]) -> None:
    client = app.test_client()
    client.get(EVENT)
    asked.clear()
    client.get(EVENT)
    assert len([statement for statement in asked if not statement.startswith("BEGIN")]) == 1, asked
