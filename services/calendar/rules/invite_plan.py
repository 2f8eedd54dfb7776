"""The shape an event takes in a calendar: one invite, a series, an invite a session, or a subscription."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

from shared.contracts.notices import EventFacts, SessionFacts

MOST_SEPARATE_INVITES = 6
LONGEST_INTERVAL_WEEKS = 4
REGULAR_SESSIONS_PER_EXCEPTION = 4
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Slot:
    """One turn of a series: when its rule says it starts (UTC), and the session that takes it, if any."""

    starts_at: datetime
    session_id: str | None


@dataclass(frozen=True)
class Series:
    """Sessions on a beat: an RRULE (RFC 5545, 3.3.10) without its COUNT, and the turns it makes.

    A session keeps its slot when it moves, for that is the name clients know it by (RECURRENCE-ID).
    """

    rule: str
    slots: tuple[Slot, ...]

    def session_at(self, starts_at: datetime) -> str | None:
        """The session whose slot starts then."""
        return next((slot.session_id for slot in self.slots if slot.starts_at == starts_at), None)


@dataclass(frozen=True)
class Part:
    """What one invite is about: a session, or a whole series, which goes by the event's id."""

    id: str
    sessions: tuple[SessionFacts, ...]
    series: Series | None = None

    @property
    def standing(self) -> tuple[SessionFacts, ...]:
        """The sessions that have not been cancelled."""
        return tuple(session for session in self.sessions if not session.cancelled)


@dataclass(frozen=True)
class Shape:
    """How an event reaches one person: `together` rides on the notice, each part of `apart` has a mail of
    its own. With neither, there are too many sessions to mail, and the notice tells of the subscription."""

    together: Part | None = None
    apart: tuple[Part, ...] = ()

    @property
    def part_ids(self) -> frozenset[str]:
        """The ids of all its parts."""
        parts = (self.together, *self.apart) if self.together else self.apart
        return frozenset(part.id for part in parts)


def shape_of(
    event: EventFacts, *, at: datetime, invited: Set[str] = frozenset(), series: Series | None = None
) -> Shape:
    """The shape of an event for one person, as of `at` (UTC).

    `invited` holds the ids of the parts they were sent before and `series` the series they were sent, if
    it was one: a shape, once sent, stays, so that a change never doubles what is in a calendar.
    """
    if len(event.sessions) == 1 and series is None:
        return Shape(together=Part(event.sessions[0].id, event.sessions))
    if series is not None or not invited:
        regular = series_of(event, before=series)
        if regular:
            return Shape(together=Part(event.id, event.sessions, regular))
    to_come = [session for session in event.sessions if session.ends_at > at and not session.cancelled]
    if len(to_come) > MOST_SEPARATE_INVITES:
        to_come = [session for session in to_come if session.id in invited]
    return Shape(apart=tuple(Part(session.id, (session,)) for session in to_come))


def series_of(event: EventFacts, before: Series | None = None) -> Series | None:
    """The weekly or monthly series that the sessions make, or None where they make none.

    A plain one is taken as it is. Otherwise the one sent `before` goes on, with what has changed as
    exceptions; and where none was sent, one session in four may be off the beat.
    """
    zone = ZoneInfo(event.timezone)
    sessions = sorted(event.sessions, key=lambda session: session.starts_at)
    if len(sessions) > 1:
        candidates = [_lay(rule, sessions, zone) for rule in _rules(sessions[0].starts_at.astimezone(zone))]
        exceptions, series = min(candidates, key=lambda candidate: candidate[0])
        if exceptions == 0 or (before is None and exceptions <= len(sessions) // REGULAR_SESSIONS_PER_EXCEPTION):
            return series
    return _go_on(before, sessions, zone) if before else None


def _rules(first: datetime) -> Iterator[str]:
    """The plain rules that a series which starts at `first` (local time) may follow."""
    weekday = WEEKDAYS[first.weekday()]
    yield f"FREQ=WEEKLY;BYDAY={weekday}"
    for weeks in range(2, LONGEST_INTERVAL_WEEKS + 1):
        yield f"FREQ=WEEKLY;INTERVAL={weeks};BYDAY={weekday}"
    if first.day <= 28:
        yield f"FREQ=MONTHLY;BYMONTHDAY={first.day}"
        yield f"FREQ=MONTHLY;BYDAY={(first.day + 6) // 7}{weekday}"
    if (first + WEEK).month != first.month:
        yield f"FREQ=MONTHLY;BYDAY=-1{weekday}"


def _lay(rule: str, sessions: list[SessionFacts], zone: ZoneInfo) -> tuple[int, Series]:
    """The sessions laid on a rule's turns, and how many exceptions that takes.

    What is off the beat takes the turns that are free, in order, and then turns beyond the last.
    """
    turns = _turns(rule, sessions[0].starts_at, 2 * len(sessions), zone)
    on_beat = {session.starts_at: session.id for session in sessions if session.starts_at in turns}
    off_beat = iter([session.id for session in sessions if on_beat.get(session.starts_at) != session.id])
    length = max(turns.index(max(on_beat)) + 1, len(sessions))
    slots = tuple(Slot(turn, on_beat.get(turn) or next(off_beat, None)) for turn in turns[:length])
    exceptions = length - len(on_beat) if all(is_certain(slot.starts_at, zone) for slot in slots) else length
    return exceptions, Series(rule, slots)


def _go_on(before: Series, sessions: list[SessionFacts], zone: ZoneInfo) -> Series:
    """The series as it was sent: sessions that are gone leave their slot empty, new ones take the next turns."""
    here = {session.id for session in sessions}
    held = {slot.session_id for slot in before.slots}
    kept = [Slot(slot.starts_at, slot.session_id if slot.session_id in here else None) for slot in before.slots]
    new = [session.id for session in sessions if session.id not in held]
    turns = _turns(before.rule, before.slots[0].starts_at, len(kept) + len(new), zone)
    return Series(before.rule, (*kept, *map(Slot, turns[len(kept) :], new)))


def _turns(rule: str, first: datetime, count: int, zone: ZoneInfo) -> list[datetime]:
    """The first turns of a rule (UTC): the same hour on the wall each time."""
    return [turn.astimezone(UTC) for turn in islice(rrulestr(rule, dtstart=first.astimezone(zone)), count)]


def is_certain(instant: datetime, zone: ZoneInfo) -> bool:
    """False in an hour that the clocks repeat or have just skipped, which calendars read differently."""
    local = instant.astimezone(zone)
    hour_before = (instant - timedelta(hours=1)).astimezone(zone)
    return local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset() == hour_before.utcoffset()
