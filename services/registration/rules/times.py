"""Conversion of local times to UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

LONGEST_SESSION = timedelta(days=31)


class NoSuchTime(ValueError):
    """The local time falls in a DST gap; the message explains this to the person who typed it."""


def instant_of(local: datetime, timezone: str) -> datetime:
    """Convert a local time in an IANA zone to UTC. An ambiguous time means the earlier instant.

    Raises NoSuchTime for a time in a DST gap.
    """
    instant = local.replace(tzinfo=ZoneInfo(timezone), fold=0).astimezone(UTC)
    if instant.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) != local.replace(fold=0):
        raise NoSuchTime("The clocks go forward and skip this time. Choose another.")
    return instant
