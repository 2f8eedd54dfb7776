"""Local times and the instants they stand for."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

LONGEST_SESSION = timedelta(days=31)


class NoSuchTime(ValueError):
    """The clocks skip this local time; the message is a sentence for whoever typed it."""


def instant_of(local: datetime, timezone: str) -> datetime:
    """The UTC instant of a local time in an IANA zone; the first of two where the clocks go back.

    Raises NoSuchTime for a time that the clocks skip when they go forward.
    """
    instant = local.replace(tzinfo=ZoneInfo(timezone), fold=0).astimezone(UTC)
    if instant.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) != local.replace(fold=0):
        raise NoSuchTime("The clocks go forward and skip this time. Choose another.")
    return instant
