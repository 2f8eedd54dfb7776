"""People are told of every change of a session, and of what changed about it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Outbox, db
from services.registration.operations.events import notify_of_changes

ONE = {"title": "One", "starts_at": "2030-11-04T12:30", "ends_at": "2030-11-04T14:00", "location": "The hall"}
TWO = {"title": "Two", "starts_at": "2030-11-12T10:00", "ends_at": "2030-11-12T11:00", "location": "The hall"}
TIMES = ("starts_at", "ends_at")
Told = Callable[..., list[list[str]]]


@pytest.fixture
def told(app: Flask, client: FlaskClient, bearer: dict[str, str]) -> Told:
    """Changes the two sessions of an event that Ann registered for. Returns the changes that she is told of."""
    body = {"title": "A course", "slug": "a-course", "timezone": "Europe/London", "sessions": [ONE, TWO]}
    made = client.post("/api/v1/events", json=body, headers=bearer).get_json()
    client.post("/api/v1/events/a-course/publish", headers=bearer)
    ann = {"name": "Ann Example", "email": "ann@example.org", "consents": ["privacy"]}
    client.post("/api/v1/events/a-course/registrations", json=ann)
    one, two = (session["id"] for session in made["sessions"])

    def change(*sessions: dict[str, Any], by_id: bool = True) -> list[list[str]]:
        named = [{**session, "id": key} for session, key in zip(sessions, (one, two), strict=False)]
        planned = named if by_id else list(sessions)
        answer = client.patch("/api/v1/events/a-course", json={"sessions": planned}, headers=bearer)
        assert answer.status_code == 200, answer.get_json()
        with app.app_context():
            notify_of_changes()
            db.session.commit()
            bodies = [row.body for row in db.session.scalars(select(Outbox).order_by(Outbox.id))]
            notices = [body["notice"] for body in bodies if body and "notice" in body]
            return [notice["changes"] for notice in notices if notice["kind"] == "changed"]

    return change


def test_a_sessions_own_title_is_told(told: Told) -> None:
    assert told({**ONE, "title": "The first"}, TWO) == [["title"]]


def test_two_sessions_that_swap_their_times_are_told(told: Told) -> None:
    swapped = {key: TWO[key] for key in TIMES}, {key: ONE[key] for key in TIMES}
    assert told({**ONE, **swapped[0]}, {**TWO, **swapped[1]}) == [["time"]]


def test_two_sessions_that_swap_their_titles_are_told_also_where_no_ids_are_given(told: Told) -> None:
    assert told({**ONE, "title": "Two"}, {**TWO, "title": "One"}, by_id=False) == [["title"]]


def test_a_session_that_is_dropped_is_a_change_of_the_times_and_not_of_the_place(told: Told) -> None:
    assert told(ONE) == [["time"]]


def test_the_same_sessions_again_tell_nobody_anything(told: Told) -> None:
    assert told(ONE, TWO) == []
