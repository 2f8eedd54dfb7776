"""Plans the invites to an event: one invite, one for a series, one for each session, or the subscription only."""

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

from services.calendar.rules.timezones import is_unambiguous, reproduces
from shared.contracts.notices import EventFacts, SessionFacts

MOST_SEPARATE_INVITES = 6
LONGEST_INTERVAL_WEEKS = 4
REGULAR_SESSIONS_PER_EXCEPTION = 4
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Slot:
    """One occurrence of a series: its start by the rule (UTC), and the id of its session, or None."""

    starts_at: datetime
    session_id: str | None


@dataclass(frozen=True)
class Series:
    """Sessions at regular intervals: an RRULE (RFC 5545, 3.3.10) without its COUNT, and its occurrences.

    A session keeps its slot when it moves, because calendars identify it by the slot's start (RECURRENCE-ID).
    With `in_utc` the rule counts in UTC, because no VTIMEZONE can state the event's zone.
    """

    rule: str
    slots: tuple[Slot, ...]
    in_utc: bool = False

    def session_at(self, recurrence_id: date, zone: ZoneInfo) -> str | None:
        """The id of the session in the slot that a RECURRENCE-ID names, or None.

        It may be an instant, a local time of `zone` (naive) or a day there, which must have one slot only.
        """
        named = [slot for slot in self.slots if recurrence_id in _names_of(slot, zone)]
        return named[0].session_id if len(named) == 1 else None


@dataclass(frozen=True)
class Part:
    """The part of an event that one invite is for: one session, or a whole series with the id of the event."""

    id: str
    sessions: tuple[SessionFacts, ...]
    series: Series | None = None

    @property
    def live_sessions(self) -> tuple[SessionFacts, ...]:
        """The sessions that are not cancelled."""
        return tuple(session for session in self.sessions if not session.cancelled)


@dataclass(frozen=True)
class InvitePlan:
    """The invites for one person: `with_notice` goes with the notice, each part of `separate` in a mail of its own.

    With neither, there are too many sessions for mails, and the notice offers the subscription instead.
    """

    with_notice: Part | None = None
    separate: tuple[Part, ...] = ()

    @property
    def part_ids(self) -> frozenset[str]:
        """The ids of all parts."""
        parts = (self.with_notice, *self.separate) if self.with_notice else self.separate
        return frozenset(part.id for part in parts)


def plan_invites(
    event: EventFacts, *, at: datetime, invited: Set[str] = frozenset(), series: Series | None = None
) -> InvitePlan:
    """Plan the invites to an event for one person, at `at` (UTC).

    `invited` holds the ids of the parts that the person was invited to before, `series` the series they were sent, if
    any. A series stays a series and separate invites stay separate, so that no calendar shows a session twice. A person
    with separate invites gets one for each new session, however many there are, so that no calendar shows only some.
    """
    if len(event.sessions) == 1 and series is None:
        return InvitePlan(with_notice=Part(event.sessions[0].id, event.sessions))
    if series is not None or not invited:
        regular = find_series(event, before=series)
        if regular:
            return InvitePlan(with_notice=Part(event.id, event.sessions, regular))
    to_come = [session for session in event.sessions if session.ends_at > at and not session.cancelled]
    if len(to_come) > MOST_SEPARATE_INVITES and not invited:
        return InvitePlan()
    return InvitePlan(separate=tuple(Part(session.id, (session,)) for session in to_come))


def find_series(event: EventFacts, before: Series | None = None) -> Series | None:
    """The weekly or monthly series that the sessions form, or None where they form none.

    A rule that fits every session is used as it is. Otherwise the series sent `before` is continued, with the
    changes as exceptions. Where none was sent, one session in four may differ from the rule.
    """
    sessions = sorted(event.sessions, key=lambda session: session.starts_at)
    zone = _zone_of_rule(event)
    if len(sessions) > 1:
        candidates = [_fit(rule, sessions, zone) for rule in _rules(sessions[0].starts_at.astimezone(zone))]
        exceptions, series = min(candidates, key=lambda candidate: candidate[0])
        if exceptions == 0 or (before is None and exceptions <= len(sessions) // REGULAR_SESSIONS_PER_EXCEPTION):
            return series
    return _continue(before, sessions, ZoneInfo(event.timezone)) if before else None


def _names_of(slot: Slot, zone: ZoneInfo) -> tuple[date, ...]:
    local = slot.starts_at.astimezone(zone)
    return slot.starts_at, local.replace(tzinfo=None), local.date()


def _zone_of_rule(event: EventFacts) -> tzinfo:
    """The event's zone, or UTC where its VTIMEZONE would be wrong in a year of the event."""
    zone = ZoneInfo(event.timezone)
    years = {session.starts_at.astimezone(zone).year for session in event.sessions}
    return zone if all(reproduces(event.timezone, year) for year in years) else UTC


def _rules(first: datetime) -> Iterator[str]:
    """The plain rules that a series starting at `first` (local time) may follow."""
    weekday = WEEKDAYS[first.weekday()]
    yield f"FREQ=WEEKLY;BYDAY={weekday}"
    for weeks in range(2, LONGEST_INTERVAL_WEEKS + 1):
        yield f"FREQ=WEEKLY;INTERVAL={weeks};BYDAY={weekday}"
    if first.day <= 28:
        yield f"FREQ=MONTHLY;BYMONTHDAY={first.day}"
        yield f"FREQ=MONTHLY;BYDAY={(first.day + 6) // 7}{weekday}"
    if (first + WEEK).month != first.month:
        yield f"FREQ=MONTHLY;BYDAY=-1{weekday}"


def _fit(rule: str, sessions: list[SessionFacts], zone: tzinfo) -> tuple[int, Series]:
    """The sessions assigned to the occurrences of a rule, and how many exceptions that takes.

    Sessions that the rule does not match take the free occurrences in order, then later ones.
    """
    starts = _occurrences(rule, sessions[0].starts_at, 2 * len(sessions), zone)
    matched = {session.starts_at: session.id for session in sessions if session.starts_at in starts}
    unmatched = iter([session.id for session in sessions if matched.get(session.starts_at) != session.id])
    length = max(starts.index(max(matched)) + 1, len(sessions))
    slots = tuple(Slot(start, matched.get(start) or next(unmatched, None)) for start in starts[:length])
    exceptions = length - len(matched) if all(is_unambiguous(slot.starts_at, zone) for slot in slots) else length
    return exceptions, Series(rule, slots, in_utc=zone is UTC)


def _continue(before: Series, sessions: list[SessionFacts], zone: ZoneInfo) -> Series:
    """The series as it was sent: removed sessions leave their slots empty, new ones take the next occurrences."""
    here = {session.id for session in sessions}
    held = {slot.session_id for slot in before.slots}
    kept = [Slot(slot.starts_at, slot.session_id if slot.session_id in here else None) for slot in before.slots]
    new = [session.id for session in sessions if session.id not in held]
    starts = _occurrences(before.rule, before.slots[0].starts_at, len(kept) + len(new), UTC if before.in_utc else zone)
    return replace(before, slots=(*kept, *map(Slot, starts[len(kept) :], new)))


def _occurrences(rule: str, first: datetime, count: int, zone: tzinfo) -> list[datetime]:
    """The first occurrences of a rule (UTC), each at the same local time."""
    return [start.astimezone(UTC) for start in islice(rrulestr(rule, dtstart=first.astimezone(zone)), count)]
