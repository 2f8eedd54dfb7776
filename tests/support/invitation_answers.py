"""A course with one place, and Ada's answers to her invitation."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Registration, db, queue
from shared.contracts import encode
from shared.contracts.receipts import Answer, RsvpReceived
from shared.database.ids import new_id
from shared.messaging.envelope import Envelope

AUTUMN = datetime(2030, 10, 1, 9, tzinfo=UTC)
COURSE: dict[str, Any] = {
    "title": "A course",
    "slug": "a-course",
    "timezone": "Europe/London",
    "capacity": 1,
    "sessions": [
        {"title": "One", "starts_at": "2030-11-04T12:30", "ends_at": "2030-11-04T14:00"},
        {"title": "Two", "starts_at": "2030-11-12T10:00", "ends_at": "2030-11-12T11:00"},
    ],
}
Make = Callable[..., list[str]]


def answers(
    app: Flask, answer: str, session: str = "", *, minute: int = 0, comment: str = "", proved: bool = True
) -> None:
    """Let Ada's answer arrive, given so many minutes into the autumn."""
    with app.app_context():
        ada = db.session.scalars(select(Registration).filter_by(name="Ada Example")).one()
        received = RsvpReceived(
            registration_id=str(ada.id),
            session_id=session,
            answer=Answer(answer),
            stamped_at=AUTUMN + timedelta(minutes=minute),
            comment=comment,
            proved=proved,
        )
        key, body = f"rsvp {ada.id}/{session}", encode(received)
        queue.handle(Envelope(str(new_id()), "rsvp-received", 1, key, minute, "calendar", False, body))


def registration_of(client: FlaskClient, bearer: dict[str, str], name: str = "Ada") -> dict[str, Any]:
    """A person's registration, as the API returns it."""
    found = client.get(f"/api/v1/events/a-course/registrations?q={name}", headers=bearer).get_json()
    (registration,) = found["registrations"]
    return dict(registration)
