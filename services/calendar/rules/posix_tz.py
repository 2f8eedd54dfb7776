"""Reads POSIX TZ strings (IEEE Std 1003.1-2017, 8.3), such as `GMT0BST,M3.5.0/1,M10.5.0`."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
LAST_WEEK = 5
FIRST_YEAR = 1970

_NAME = r"(<[^>]+>|[A-Za-z]+)"
_CLOCK = r"([+-]?\d+(?::\d+){0,2})"
_CHANGE = rf",M(\d+)\.(\d)\.(\d)(?:/{_CLOCK})?"
_TZ = re.compile(rf"{_NAME}{_CLOCK}(?:{_NAME}{_CLOCK}?{_CHANGE}{_CHANGE})?")


@dataclass(frozen=True)
class YearlyChange:
    """A change of UTC offset on the same weekday of the same month each year.

    `weekday` counts from Sunday (0); `week` is 1 to 4, or 5 for the last of the month. `at` is local time by the
    offset in force before the change.
    """

    month: int
    week: int
    weekday: int
    at: time
    offset_before: timedelta
    offset_after: timedelta
    name_after: str

    def local_in(self, year: int) -> datetime:
        """The local time of the change in that year, without a zone."""
        days = [
            day
            for day in range(1, calendar.monthrange(year, self.month)[1] + 1)
            if date(year, self.month, day).isoweekday() % 7 == self.weekday
        ]
        day = days[-1] if self.week == LAST_WEEK else days[self.week - 1]
        return datetime.combine(date(year, self.month, day), self.at)

    def instant_in(self, year: int) -> datetime:
        """The instant (UTC) of the change in that year."""
        return (self.local_in(year) - self.offset_before).replace(tzinfo=UTC)

    @property
    def byday(self) -> str:
        """The BYDAY of its RRULE (RFC 5545, 3.3.10)."""
        return f"{-1 if self.week == LAST_WEEK else self.week}{WEEKDAYS[self.weekday]}"


@dataclass(frozen=True)
class ZoneRule:
    """A zone with a fixed offset, or with two changes a year."""

    offset: timedelta
    name: str
    changes: tuple[YearlyChange, ...] = ()


def read_posix_tz(text: str) -> ZoneRule | None:
    """The rule that a TZ string states, or None where a yearly RRULE cannot state it.

    That leaves out changes on a day of the year, and changes at a time before 00:00 or after 24:00.
    """
    found = _TZ.fullmatch(text)
    if found is None:
        return None
    name, offset = found[1].strip("<>"), -_length(found[2])
    if found[3] is None:
        return ZoneRule(offset, name)
    other_name, other_offset = found[3].strip("<>"), offset + timedelta(hours=1)
    if found[4]:
        other_offset = -_length(found[4])
    to_other = _change(found.groups()[4:8], offset, other_offset, other_name)
    back = _change(found.groups()[8:12], other_offset, offset, name)
    return ZoneRule(offset, name, (to_other, back)) if to_other and back else None


def _change(
    groups: tuple[str | None, ...], before: timedelta, after: timedelta, name_after: str
) -> YearlyChange | None:
    month, week, weekday = (int(group or 0) for group in groups[:3])
    at = _time_of_day(groups[3] or "2")
    return YearlyChange(month, week, weekday, at, before, after, name_after) if at else None


def _time_of_day(clock: str) -> time | None:
    """The time of day; the last second of the day for 24:00, which iCalendar lacks, and None beyond that."""
    length = _length(clock)
    if length == timedelta(days=1):
        return time(23, 59, 59)
    if not timedelta(0) <= length < timedelta(days=1):
        return None
    return (datetime.min.replace(tzinfo=UTC) + length).time()


def _length(clock: str) -> timedelta:
    """A length of time, written as [+-]hours[:minutes[:seconds]]."""
    sign = -1 if clock.startswith("-") else 1
    hours, minutes, seconds = [*map(int, clock.lstrip("+-").split(":")), 0, 0][:3]
    return sign * timedelta(hours=hours, minutes=minutes, seconds=seconds)
