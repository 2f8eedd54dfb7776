"""What notices state about a registration."""

from flask import Flask
from flask.testing import FlaskClient

from services.registration.models import Outbox, db
from shared.contracts import decode
from shared.contracts.notices import Kind, MailDue, Notice, NoticeDue


def notices_of(app: Flask, kind: Kind) -> list[Notice]:
    with app.app_context():
        rows = db.session.query(Outbox).order_by(Outbox.id)
        messages = [decode(row.type, row.version, row.body) for row in rows if row.type in ("notice-due", "mail-due")]
    notices = [message.notice for message in messages if isinstance(message, NoticeDue | MailDue)]
    return [notice for notice in notices if notice.kind == kind]


def make(client: FlaskClient, bearer: dict[str, str]) -> None:
    event = {
        "title": "Spring",
        "slug": "spring",
        "timezone": "UTC",
        "capacity": 1,
        "waitlist": True,
        "sessions": [{"starts_at": "2031-06-10T10:00", "ends_at": "2031-06-10T11:00"}],
    }
    assert client.post("/api/v1/events", json=event, headers=bearer).status_code == 201
    assert client.post("/api/v1/events/spring/publish", headers=bearer).status_code == 200


def register(client: FlaskClient, name: str) -> None:
    person = {"name": f"{name.title()} Example", "email": f"{name}@example.org", "consents": ["privacy"]}
    assert client.post("/api/v1/events/spring/registrations", json=person).status_code == 201


def test_a_person_who_waits_and_registers_again_is_told_so(
    app: Flask, client: FlaskClient, bearer: dict[str, str]
) -> None:
    make(client, bearer)
    for name in ("ada", "bea", "bea"):
        register(client, name)
    (reminder,) = notices_of(app, Kind.ALREADY_REGISTERED)
    assert (reminder.recipient.name, reminder.status, reminder.holds_place) == ("Bea Example", "waitlisted", False)


def test_every_notice_names_the_page_that_adds_the_event_to_a_calendar(
    app: Flask, client: FlaskClient, bearer: dict[str, str]
) -> None:
    make(client, bearer)
    register(client, "ada")
    (confirmation,) = notices_of(app, Kind.CONFIRMED)
    assert confirmation.add_url == "http://localhost:8000/calendar/events/spring/add"
