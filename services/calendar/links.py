"""Links that open a web calendar with a session filled in."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

from shared.contracts.notices import EventFacts, SessionFacts

BASIC = "%Y%m%dT%H%M%SZ"
EXTENDED = "%Y-%m-%dT%H:%M:%SZ"

Link = Callable[[EventFacts, SessionFacts], str]


def session_to_add(event: EventFacts, at: datetime, session_id: str | None) -> SessionFacts | None:
    """The session with `session_id`, or the next one if that is None; None if it is cancelled or over by `at` (UTC)."""
    to_come = [
        session
        for session in event.sessions
        if not session.cancelled and session.ends_at > at and session_id in (None, session.id)
    ]
    return min(to_come, key=lambda session: session.starts_at, default=None)


def google(event: EventFacts, session: SessionFacts) -> str:
    """Google Calendar, with the session filled in."""
    return "https://calendar.google.com/calendar/render?" + urlencode(
        {
            "action": "TEMPLATE",
            "text": title_of(event, session),
            "dates": f"{_utc(session.starts_at, BASIC)}/{_utc(session.ends_at, BASIC)}",
            "ctz": event.timezone,
            "details": _details(event),
            "location": session.location,
        }
    )


def outlook(event: EventFacts, session: SessionFacts) -> str:
    """Outlook.com, with the session filled in."""
    return _microsoft("outlook.live.com", event, session)


def office365(event: EventFacts, session: SessionFacts) -> str:
    """Outlook of Microsoft 365, with the session filled in."""
    return _microsoft("outlook.office.com", event, session)


def yahoo(event: EventFacts, session: SessionFacts) -> str:
    """Yahoo Calendar, with the session filled in."""
    return "https://calendar.yahoo.com/?" + urlencode(
        {
            "v": "60",
            "title": title_of(event, session),
            "st": _utc(session.starts_at, BASIC),
            "et": _utc(session.ends_at, BASIC),
            "desc": _details(event),
            "in_loc": session.location,
        }
    )


ADD_TO: dict[str, Link] = {"google": google, "outlook": outlook, "office365": office365, "yahoo": yahoo}


def _microsoft(host: str, event: EventFacts, session: SessionFacts) -> str:
    return f"https://{host}/calendar/0/deeplink/compose?" + urlencode(
        {
            "path": "/calendar/action/compose",
            "rru": "addevent",
            "subject": title_of(event, session),
            "startdt": _utc(session.starts_at, EXTENDED),
            "enddt": _utc(session.ends_at, EXTENDED),
            "body": _details(event),
            "location": session.location,
        }
    )


def title_of(event: EventFacts, session: SessionFacts) -> str:
    """The event's title, followed by the session's if it has its own."""
    return f"{event.title}: {session.title}" if session.title not in ("", event.title) else event.title


def _details(event: EventFacts) -> str:
    """The address of the event's page. Browsers cut links as long as a description would make them."""
    return event.url


def _utc(instant: datetime, form: str) -> str:
    return instant.astimezone(UTC).strftime(form)
