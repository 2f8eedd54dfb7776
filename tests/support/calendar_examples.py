"""Events, notices and invites to try the calendar's rules on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.calendar import ics
from services.calendar.rules.invite_plan import Part, find_series
from shared.contracts.notices import EventFacts, Kind, Method, Notice, Recipient, SessionFacts

STATED = datetime(2027, 9, 1, 8, 0, tzinfo=UTC)
SENDER = ("Example Charity", "events@charity.example.org")
ADA = Recipient(person_id="p1", name="Ada Example", email="ada@example.org")


def a_session(start: str, number: int = 1, *, zone: str = "Europe/London", minutes: int = 90) -> SessionFacts:
    """Session `s<number>`, which starts at `start` on the wall clock of `zone`."""
    starts_at = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return SessionFacts(
        id=f"s{number}",
        title="",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        join_url="https://meet.example.org/a",
    )


def an_event(*starts: str, zone: str = "Europe/London", title: str = "Learning together") -> EventFacts:
    """An event with a session at each of `starts`, wall clock of `zone`."""
    return EventFacts(
        id="e1",
        slug="learning",
        title=title,
        url="https://charity.example.org/events/learning",
        timezone=zone,
        description="What we have learnt; and what next, if anything.",
        sessions=tuple(a_session(start, number, zone=zone) for number, start in enumerate(starts, 1)),
    )


def a_notice(event: EventFacts, **changes: object) -> Notice:
    """The notice that confirms Ada's place."""
    notice = Notice(
        kind=Kind.CONFIRMED,
        registration_id="r1",
        stated_at=STATED,
        recipient=ADA,
        event=event,
        page_url="https://charity.example.org/registrations/token",
        holds_place=True,
    )
    return replace(notice, **changes)  # type: ignore[arg-type]


def an_issue(event: EventFacts, method: Method = Method.REQUEST, **changes: object) -> ics.Issue:
    """Ada's first invite to the whole event."""
    series = find_series(event)
    issue = ics.Issue(
        method=method,
        uid="r1-s1@charity.example.org",
        sequence=0,
        created_at=STATED,
        event=event,
        part=Part("e1" if series else "s1", event.sessions, series),
        notice=a_notice(event),
        sender=SENDER,
    )
    return replace(issue, **changes)  # type: ignore[arg-type]
