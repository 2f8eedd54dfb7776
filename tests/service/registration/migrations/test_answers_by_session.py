"""Answers from before they were kept by session."""

from typing import Any

import pytest
from alembic import command
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from services.registration.models import db
from shared.database.migrations import config_of


@pytest.mark.parametrize(("sessions", "carried_over"), [(1, ["declined"]), (2, [])])
def test_the_answer_to_an_event_of_one_session_is_the_answer_to_that_session(
    app: Flask, client: FlaskClient, bearer: dict[str, str], sessions: int, carried_over: list[str]
) -> None:
    days = ("2030-11-04", "2030-11-11")[:sessions]
    body: dict[str, Any] = {"title": "Before", "slug": "before", "timezone": "Europe/London"}
    body["sessions"] = [{"starts_at": f"{day}T12:30", "ends_at": f"{day}T14:00"} for day in days]
    client.post("/api/v1/events", json=body, headers=bearer)
    client.post("/api/v1/events/before/publish", headers=bearer)
    ada = {"name": "Ada Example", "email": "ada@example.org", "consents": ["privacy"]}
    client.post("/api/v1/events/before/registrations", json=ada)
    with app.app_context():
        command.downgrade(config_of(app), "0003")
        answered = "UPDATE registrations SET rsvp = 'declined', rsvp_at = '2030-10-01 09:00:00'"
        db.session.execute(text(answered))
        db.session.commit()
        command.upgrade(config_of(app), "head")

    found = client.get("/api/v1/events/before/registrations", headers=bearer).get_json()["registrations"][0]

    assert found["rsvp"] == "declined"
    assert [rsvp["answer"] for rsvp in found["rsvps"]] == carried_over
