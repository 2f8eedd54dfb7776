"""People of the demo event, on each database."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.commands import load_demo
from services.registration.models import Registration, db
from services.registration.notices import links
from tests.support.databases import databases
from tests.support.demo_people import DEMO, IN_COMMUNITY, OwnPage, Register

HERE = "http://localhost:8000"


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def settings(settings: dict[str, str], request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment with a fresh database of either kind."""
    with databases(request.param, "registration", create=False) as named:
        yield settings | named


@pytest.fixture
def register(app: Flask, client: FlaskClient) -> Register:
    """Registers somebody for the demo event, and returns the registration's id. The event's programme has a
    community of practice and a funder pilot."""
    load_demo(app)

    def send(name: str = "ann", **more: Any) -> UUID:
        body = {"name": f"{name.title()} Example", "email": f"{name}@example.org", "consents": ["privacy", "news"]}
        sent = client.post(f"/api/v1/events/{DEMO}/registrations", json={"answers": IN_COMMUNITY} | body | more)
        assert sent.status_code == 201, sent.get_json()
        with app.app_context():
            newest = select(Registration.id).order_by(Registration.created_at.desc()).limit(1)
            return db.session.scalars(newest).one()

    return send


@pytest.fixture
def own_page(app: Flask) -> OwnPage:
    """The path of somebody's own page."""

    def path(registration_id: UUID) -> str:
        with app.test_request_context():
            return links.own_page(db.session.get_one(Registration, registration_id)).removeprefix(HERE)

    return path
