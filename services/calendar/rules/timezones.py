"""Time zones in iCalendar objects: VTIMEZONE components, and the times that they state correctly.

Outlook reads only TZID, DTSTART, RRULE and the two offsets of a VTIMEZONE (MS-STANOICAL 2.2.47). So STANDARD and
DAYLIGHT have one DTSTART and a yearly RRULE each, as in the example of RFC 5545, 3.6.5. Times that such a component
would get wrong are written in UTC.
"""

import zoneinfo
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from services.calendar.rules.posix_tz import FIRST_YEAR, YearlyChange, ZoneRule, read_posix_tz

HOUR = timedelta(hours=1)


@lru_cache(maxsize=1024)
def vtimezone(name: str) -> str:
    """The text of a zone's VTIMEZONE, with CRLF line ends. Raises LookupError where a yearly rule cannot state it."""
    rule = zone_rule(name)
    if rule is None:
        raise LookupError(f"{name} has no yearly rule.")
    timezone = Timezone()
    timezone.add("TZID", name)
    for observance in map(_observance, rule.changes) if rule.changes else [_fixed(rule)]:
        timezone.add_component(observance)
    text: bytes = timezone.to_ical(sorted=False)
    return text.decode()


@lru_cache(maxsize=1024)
def zone_rule(name: str) -> ZoneRule | None:
    """The rule for the future at the end of a zone's TZif file (RFC 9636, 3.3), or None where an RRULE cannot state it.

    Raises ZoneInfoNotFoundError for an unknown zone.
    """
    ZoneInfo(name)  # refuses names that lead out of the folder
    footer = _tzif(name).rsplit(b"\n", 2)[-2]
    return read_posix_tz(footer.decode("ascii", errors="replace"))


def local_or_utc(instant: datetime, zone: tzinfo) -> datetime:
    """The instant (UTC) in the zone, or unchanged where calendars could read its local time differently."""
    return instant.astimezone(zone) if is_unambiguous(instant, zone) else instant


def is_unambiguous(instant: datetime, zone: tzinfo) -> bool:
    """False within an hour of a change of offset, and in a year for which the zone's VTIMEZONE is wrong."""
    if not isinstance(zone, ZoneInfo):
        return True
    local = instant.astimezone(zone)
    if not reproduces(zone.key, local.year):
        return False
    around = {(instant + shift).astimezone(zone).utcoffset() for shift in (-HOUR, timedelta(0), HOUR)}
    return around == {local.replace(fold=1 - local.fold).utcoffset()}


@lru_cache(maxsize=4096)
def reproduces(name: str, year: int) -> bool:
    """True where the zone's VTIMEZONE gives the offsets of the time zone database for every hour of that year."""
    rule, zone = zone_rule(name), ZoneInfo(name)
    if rule is None or year <= FIRST_YEAR:
        return False
    instant, end = datetime(year, 1, 1, tzinfo=UTC) - 24 * HOUR, datetime(year + 1, 1, 1, tzinfo=UTC) + 24 * HOUR
    changes = sorted(
        (change.instant_in(near), change.offset_after) for change in rule.changes for near in (year - 1, year, year + 1)
    )
    offset = rule.offset
    while instant < end:
        while changes and changes[0][0] <= instant:
            offset = changes.pop(0)[1]
        if instant.astimezone(zone).utcoffset() != offset:
            return False
        instant += HOUR
    return True


def _observance(change: YearlyChange) -> TimezoneStandard | TimezoneDaylight:
    """One half of the year. DAYLIGHT is the half with the greater offset: in Dublin's data it is the other one."""
    observance = TimezoneDaylight() if change.offset_after > change.offset_before else TimezoneStandard()
    observance.add("DTSTART", change.local_in(FIRST_YEAR))
    observance.add("TZOFFSETFROM", change.offset_before)
    observance.add("TZOFFSETTO", change.offset_after)
    observance.add("RRULE", vRecur(FREQ="YEARLY", BYMONTH=change.month, BYDAY=change.byday))
    observance.add("TZNAME", change.name_after)
    return observance


def _fixed(rule: ZoneRule) -> TimezoneStandard:
    observance = TimezoneStandard()
    observance.add("DTSTART", datetime(FIRST_YEAR, 1, 1))  # noqa: DTZ001  (the zone's own local time)
    observance.add("TZOFFSETFROM", rule.offset)
    observance.add("TZOFFSETTO", rule.offset)
    observance.add("TZNAME", rule.name)
    return observance


def _tzif(name: str) -> bytes:
    """A zone's file, from where zoneinfo finds it: the system's folders, then the tzdata package."""
    for folder in zoneinfo.TZPATH:
        file = Path(folder) / name
        if file.is_file():
            return file.read_bytes()
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
