"""A mail to begin from; tests say only what they change."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.notifications.compose import Letterhead
from shared.contracts.notices import EventFacts, Invite, Kind, MailDue, Method, Notice, Recipient, SessionFacts

MAIL_ID = UUID("01900000-0000-7000-8000-000000000001")
LETTERHEAD = Letterhead(("Example Foundation", "events@example.org"), ("", "hello@example.org"))
INVITE = Invite(method=Method.REQUEST, content="BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n")
ENOUGH = {
    "SECRET_KEY": "a secret for tests",
    "NOTIFICATIONS_DATABASE_URL": "sqlite:///notifications.db",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "MAIL_FROM": "Example Foundation <events@example.org>",
    "MAIL_DIR": "mail",
}


def a_session(**changes: Any) -> SessionFacts:
    facts = {
        "id": "s1",
        "title": "",
        "starts_at": datetime(2027, 11, 4, 12, 30, tzinfo=UTC),
        "ends_at": datetime(2027, 11, 4, 14, 0, tzinfo=UTC),
        "join_url": "https://meet.example.org/room",
    }
    return SessionFacts(**{**facts, **changes})


def a_notice(*, name: str = "Ada Example", email: str = "ada@example.org", **changes: Any) -> Notice:
    facts = {
        "kind": "confirmed",
        "registration_id": "01900000-0000-7000-8000-00000000000a",
        "stated_at": datetime(2027, 10, 1, 9, 0, 3, 123456, tzinfo=UTC),
        "recipient": Recipient(person_id="p1", name=name, email=email),
        "event": an_event(),
        "page_url": "https://events.example.org/registrations/token",
        "holds_place": True,
    }
    given = {**facts, **changes}
    return Notice(**{**given, "kind": Kind(given["kind"])})


def an_event(**changes: Any) -> EventFacts:
    facts = {
        "id": "e1",
        "slug": "learning",
        "title": "Learning together",
        "url": "https://events.example.org/events/learning",
        "timezone": "Europe/London",
        "sessions": (a_session(),),
    }
    return EventFacts(**{**facts, **changes})


def a_mail(*, invite: Invite | None = INVITE, **changes: Any) -> MailDue:
    return MailDue(notice=a_notice(**changes), invite=invite)
