"""Whatever changes something through the API may be sent twice with one key."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import TimelineEntry, db

ONCE = {"Idempotency-Key": "change-1"}


@pytest.fixture
def registration(client: FlaskClient, bearer: dict[str, str], event: str) -> str:
    """The path of somebody's registration."""
    body = {"name": "Ada Example", "email": "ada@example.org", "consents": ["privacy"]}
    made: Any = client.post(f"/api/v1/events/{event}/registrations", json=body, headers=bearer).json
    return f"/api/v1/registrations/{made['id']}"


def times(app: Flask, what: str) -> int:
    with app.app_context():
        return len(db.session.scalars(select(TimelineEntry).filter_by(what=what)).all())


def test_a_change_of_an_event_sent_twice_is_made_once(
    app: Flask, client: FlaskClient, bearer: dict[str, str], event: str
) -> None:
    sent = [
        client.patch(f"/api/v1/events/{event}", json={"title": "New title"}, headers=bearer | ONCE) for _ in range(2)
    ]
    assert [answer.status_code for answer in sent] == [200, 200]
    assert sent[0].json == sent[1].json
    assert times(app, "changed") == 1


def test_another_change_with_the_same_key_is_refused(client: FlaskClient, bearer: dict[str, str], event: str) -> None:
    client.patch(f"/api/v1/events/{event}", json={"title": "New title"}, headers=bearer | ONCE)
    refused = client.patch(f"/api/v1/events/{event}", json={"title": "Other"}, headers=bearer | ONCE)
    assert refused.status_code == 422


def test_a_change_of_answers_sent_twice_is_made_once(
    app: Flask, client: FlaskClient, bearer: dict[str, str], registration: str
) -> None:
    sent = [client.patch(registration, json={"organisation": "Other"}, headers=bearer | ONCE) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [200, 200]
    assert times(app, "answers changed") == 1


def test_a_cancellation_sent_twice_happens_once_and_is_answered_twice(
    app: Flask, client: FlaskClient, bearer: dict[str, str], registration: str
) -> None:
    sent = [client.delete(registration, headers=bearer | ONCE) for _ in range(2)]
    assert [(answer.status_code, answer.data) for answer in sent] == [(204, b""), (204, b"")]
    assert times(app, "cancelled") == 1
