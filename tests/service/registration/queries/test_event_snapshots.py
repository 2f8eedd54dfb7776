"""What is kept of an event between requests never outlives a change of it."""

from collections.abc import Callable
from inspect import isfunction
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Cohort, Event, Programme, db
from services.registration.operations import events
from services.registration.operations.listings import touch
from services.registration.queries import event_snapshots
from shared.database.ids import new_id
from shared.database.utc import now

SESSION = {"starts_at": "2030-06-10T10:00", "ends_at": "2030-06-10T11:00"}


def page(client: FlaskClient, slug: str) -> str:
    return client.get(f"/events/{slug}").text


def change(client: FlaskClient, slug: str, bearer: dict[str, str], **changes: Any) -> None:
    answer = client.patch(f"/api/v1/events/{slug}", json=changes, headers=bearer)
    assert answer.status_code == 200, answer.text


def register(client: FlaskClient, slug: str, number: int) -> Any:
    body = {"name": "Ada Example", "email": f"ada{number}@example.org", "consents": ["privacy"]}
    return client.post(f"/api/v1/events/{slug}/registrations", json=body)


def test_a_new_title_shows_at_once(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    assert "Winter webinar" in page(client, event)
    change(client, event, bearer, title="Spring webinar")
    assert "Spring webinar" in page(client, event)


def test_a_new_question_is_asked_at_once(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    assert "Where from?" not in page(client, event)
    change(client, event, bearer, questions=[{"key": "origin", "label": "Where from?", "type": "text"}])
    assert "Where from?" in page(client, event)


def test_an_event_called_off_takes_nobody(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    assert register(client, event, 1).status_code == 201
    client.post(f"/api/v1/events/{event}/cancel", json={}, headers=bearer)
    assert register(client, event, 2).status_code == 409


def test_the_page_knows_when_the_last_place_goes(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    change(client, event, bearer, capacity=1)
    assert "Every place is taken" not in page(client, event)
    register(client, event, 1)
    assert "Every place is taken" in page(client, event)


def patch(client: FlaskClient, bearer: dict[str, str], **changes: Any) -> Any:
    return client.patch("/api/v1/events/draft", json=changes, headers=bearer)


def post(client: FlaskClient, bearer: dict[str, str], what: str) -> Any:
    return client.post(f"/api/v1/events/draft/{what}", headers=bearer)


CHANGES: dict[str, list[Callable[[FlaskClient, dict[str, str]], Any]]] = {
    "create": [],
    "publish": [lambda client, bearer: post(client, bearer, "publish")],
    "change": [
        lambda client, bearer: patch(client, bearer, title="New"),
        lambda client, bearer: patch(client, bearer, sessions=[{**SESSION, "location": "Hall"}]),
        lambda client, bearer: patch(client, bearer, questions=[{"key": "a", "label": "A"}]),
        lambda client, bearer: patch(client, bearer, capacity=3),
        lambda client, bearer: patch(client, bearer, invites={"reminder_minutes": 5}),
        lambda client, bearer: patch(client, bearer, closes_at="2030-06-09T12:00"),
    ],
    "set_registration": [lambda client, bearer: post(client, bearer, "close")],
    "cancel": [lambda client, bearer: post(client, bearer, "cancel")],
    "delete_draft": [],
    "locked": [],
    "notify_of_changes": [],
}
"""Calls of each operation on events. Those without a call change nothing that the page of an event shows."""
CALLS = [(operation, number) for operation, calls in CHANGES.items() for number in range(len(calls))]


def test_every_operation_on_events_is_walked_here() -> None:
    public = {name for name, one in vars(events).items() if isfunction(one) and one.__module__ == events.__name__}
    assert {name for name in public if not name.startswith("_")} == CHANGES.keys()


@pytest.mark.parametrize(("operation", "number"), CALLS)
def test_every_change_of_an_event_moves_the_key_of_its_snapshot(
    app: Flask, client: FlaskClient, bearer: dict[str, str], operation: str, number: int
) -> None:
    def version() -> int:
        with app.app_context():
            return db.session.scalars(select(Event.version).filter_by(slug="draft")).one()

    body = {"title": "Spring", "slug": "draft", "timezone": "UTC", "sessions": [SESSION]}
    assert client.post("/api/v1/events", json=body, headers=bearer).status_code == 201
    before = version()
    assert CHANGES[operation][number](client, bearer).status_code == 200
    assert version() > before


def test_a_programme_in_place_of_another_is_seen(app: Flask, event: str) -> None:
    with app.app_context():
        for name in ("first", "second"):
            programme = Programme(id=new_id(), slug=name, title=name, created_at=now())
            db.session.add(programme)
            db.session.flush()
            db.session.add(Cohort(programme_id=programme.id, slug=name, title=name, position=0, rules=[]))
            changed = db.session.scalars(select(Event).filter_by(slug=event)).one()
            changed.programme = programme
            touch(changed)
            db.session.commit()
            found = event_snapshots.find(event)
            assert found is not None
            assert found.programme is not None
            assert [cohort.slug for cohort in found.programme.cohorts] == [name]
            db.session.rollback()


def test_what_one_request_does_to_an_event_is_not_in_the_next_ones_hands(app: Flask, event: str) -> None:
    with app.app_context():
        found = event_snapshots.find(event)
        assert found is not None
        found.title = "Changed, and not committed"
    with app.app_context():
        found = event_snapshots.find(event)
        assert found is not None
        assert found.title == "Winter webinar"
