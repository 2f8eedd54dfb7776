"""The calendar service with a database of its own, and what comes to it from outside."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from services.calendar import create_app
from services.calendar.models import queue
from shared.contracts import Message, encode
from shared.contracts.listings import EventListed, Listing
from shared.contracts.notices import EventFacts, Invite, Kind, MailDue, Notice, NoticeDue, Recipient, SessionFacts
from shared.database.ids import new_id
from shared.messaging.envelope import Envelope
from tests.support import calendar_examples
from tests.support.migrated import migrate

SECRET = "a secret for tests"
STATED = calendar_examples.STATED
ADA = Recipient(person_id="p1", name="Ada Example", email="Ada@Example.org")


def an_event(*starts: str, title: str = "Learning together", event_id: str = "e1") -> EventFacts:
    """An event in London with a session at each of `starts`."""
    sessions = []
    for number, start in enumerate(starts, 1):
        starts_at = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo("Europe/London")).astimezone(UTC)
        sessions.append(
            SessionFacts(
                id=f"{event_id}s{number}",
                title="",
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=90),
                join_url="https://meet.example.org/a",
            )
        )
    return EventFacts(
        id=event_id,
        slug=f"learning-{event_id}",
        title=title,
        url=f"https://charity.example.org/events/learning-{event_id}",
        timezone="Europe/London",
        sessions=tuple(sessions),
    )


def without_session(event: EventFacts, number: int) -> EventFacts:
    """The event with that session cancelled."""
    sessions = list(event.sessions)
    sessions[number - 1] = replace(sessions[number - 1], cancelled=True)
    return replace(event, sessions=tuple(sessions))


def a_notice(event: EventFacts, kind: Kind = Kind.CONFIRMED, **changes: object) -> Notice:
    """A notice to Ada; she holds a place unless `changes` say otherwise."""
    return calendar_examples.a_notice(event, **{"kind": kind, "recipient": ADA, **changes})


class World:
    """The service, and a recorder in the place of its broker."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
        self.app = create_app(
            {
                "SECRET_KEY": SECRET,
                "CALENDAR_DATABASE_URL": f"sqlite:///{folder}/calendar.sqlite",
                "BROKER_URL": "redis://127.0.0.1:1/0",
                "MAIL_FROM": "Example Charity <events@charity.example.org>",
                **settings,
            }
        )
        migrate(self.app)
        self.sent: list[tuple[str, Envelope]] = []
        self.ordinal = 0
        monkeypatch.setattr(queue, "send", lambda to, envelope: self.sent.append((to, envelope)))

    @property
    def client(self) -> FlaskClient:
        """A browser."""
        return self.app.test_client()

    def receive(self, message: Message, *, key: str, ordinal: int, message_id: str = "", bulk: bool = False) -> str:
        """Let a message arrive from registration; returns its id."""
        message_id = message_id or str(new_id())
        envelope = Envelope(
            message_id, message.wire_name, message.wire_version, key, ordinal, "registration", bulk, encode(message)
        )
        with self.app.app_context():
            queue.handle(envelope)
        return message_id

    def tell(self, notice: Notice, *, ordinal: int = 0, message_id: str = "", bulk: bool = False) -> Invite | None:
        """Let a notice arrive, and return the invite that it goes on with."""
        self.ordinal = ordinal or self.ordinal + 1
        self.receive(
            NoticeDue(notice=notice), key=notice.registration_id, ordinal=self.ordinal, message_id=message_id, bulk=bulk
        )
        to, envelope = next(sent for sent in reversed(self.sent) if sent[1].key == notice.registration_id)
        assert to == "notifications"
        return mail_in(envelope).invite

    def show(self, event: EventFacts, status: str = "published", stated_at: datetime = STATED) -> None:
        """Let an event be listed."""
        self.ordinal += 1
        public = replace(event, sessions=tuple(replace(session, join_url=None) for session in event.sessions))
        listed = EventListed(event=public, status=Listing(status), stated_at=stated_at)
        self.receive(listed, key=event.id, ordinal=self.ordinal)

    def owed(self) -> list[Any]:
        """The rows of the outbox, oldest first."""
        with self.app.app_context():
            return list(queue.session.query(queue.Outbox).order_by(queue.Outbox.id))


def mail_in(envelope: Envelope) -> MailDue:
    """The mail that an envelope carries."""
    mail: MailDue = MailDue.wire_schema.load(envelope.body)
    return mail
