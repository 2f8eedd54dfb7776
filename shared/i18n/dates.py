"""Dates and times in words, in British style."""

from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.dates import format_datetime, get_timezone_gmt, get_timezone_location

BRITISH = Locale("en", "GB")
DAY = "EEEE d MMMM y"
TIME = "HH.mm"
MERGED = {
    "America/Montreal",
    "America/Thunder_Bay",
    "America/Yellowknife",
    "Asia/Tel_Aviv",
    "Australia/Canberra",
    "Europe/Belfast",
    "Europe/Tiraspol",
}
"""Zones that CLDR treats as aliases of a larger neighbour. A person who picks one means its own city."""


class HasTimes(Protocol):
    """Any object with a start and an end (aware datetimes)."""

    @property
    def starts_at(self) -> datetime: ...

    @property
    def ends_at(self) -> datetime: ...


class When(NamedTuple):
    """The time of a session in words: the day, the times, and their zone."""

    day: str
    times: str
    zone: str

    def __str__(self) -> str:
        return f"{self.day}, {self.times} ({self.zone})" if self.zone else f"{self.day}, {self.times}"


def when(session: HasTimes, timezone: str) -> When:
    """The time of a session in words, in `timezone` (an IANA name).

    >>> str(when(session, "Europe/London"))
    'Thursday 4 November 2027, 12.30 to 14.00 (Greenwich Mean Time, London)'
    """
    return _in_words(session.starts_at, session.ends_at, timezone)


@lru_cache(maxsize=1024)
def _in_words(starts_at: datetime, ends_at: datetime, timezone: str) -> When:
    zone = ZoneInfo(timezone)
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    first_name, last_name = zone_name(starts), zone_name(ends)
    first, last = _format(starts, TIME), _format(ends, TIME)
    where = [city(timezone)]
    if first_name == last_name:
        where.insert(0, first_name)
    else:  # a DST change falls into the session
        first, last = f"{first} {first_name}", f"{last} {last_name}"
    if starts.date() != ends.date():
        last = f"{_format(ends, DAY)}, {last}"
    return When(_format(starts, DAY), f"{first} to {last}", ", ".join(filter(None, where)))


def zone_name(moment: datetime) -> str:
    """The name of an aware datetime's zone at that moment, such as "British Summer Time".

    This reads CLDR's data directly, because Babel 2.18 finds no name for a renamed zone (Asia/Kolkata, Europe/Kyiv)
    and calls Dublin's winter time summer time.
    """
    zone = str(moment.tzinfo)
    zone = get_global("zone_aliases").get(zone, zone)
    season = "daylight" if _is_summer_time(moment) else "standard"
    own = BRITISH.time_zones.get(zone, {}).get("long", {})
    shared = BRITISH.meta_zones.get(_metazones().get(zone), {}).get("long", {})
    return str(own.get(season) or shared.get(season) or get_timezone_gmt(moment, "long", BRITISH))


def city(timezone: str) -> str:
    """The city in the name of an IANA zone; empty if there is none."""
    if "/" not in timezone or timezone.startswith("Etc/"):
        return ""
    if timezone in MERGED:
        return timezone.rpartition("/")[2].replace("_", " ")
    place = get_timezone_location(ZoneInfo(timezone), BRITISH, return_city=True)
    return place.rpartition("/")[2]


def listed(words: tuple[str, ...]) -> str:
    """Words as a list in a sentence: "time, title and place"."""
    *first, last = words or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def _format(moment: datetime, pattern: str) -> str:
    return format_datetime(moment, pattern, locale=BRITISH)


def _is_summer_time(moment: datetime) -> bool:
    """True if the UTC offset is larger than the smaller of this year's two."""
    january, july = (moment.replace(month=month, day=1) for month in (1, 7))
    return _offset(moment) > min(_offset(january), _offset(july))


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta(0)


@cache
def _metazones() -> dict[str, str]:
    aliases = get_global("zone_aliases")
    return {aliases.get(zone, zone): metazone for zone, metazone in get_global("meta_zones").items()}


def day_and_time(instant: datetime, timezone: str, *, year: bool = False) -> str:
    """An instant in an IANA zone: "Thursday 4 November, 12.30", or with `year` "Thursday 4 November 2027, 12.30"."""
    return _format(instant.astimezone(ZoneInfo(timezone)), f"EEEE d MMMM{' y' if year else ''}, {TIME}")


def moment(instant: datetime, timezone: str) -> str:
    """An instant in an IANA zone, in short form: "4 Nov 2027, 12.30"."""
    return _format(instant.astimezone(ZoneInfo(timezone)), "d MMM y, HH.mm")
