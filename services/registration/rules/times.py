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


def session_problem(starts_at: datetime, ends_at: datetime) -> str:
    """What is wrong with the times of a session, for the organiser; empty if nothing is. A session of more than 31 days
    is most likely a slip in the year."""
    if ends_at <= starts_at:
        return "The end must come after the start."
    if ends_at - starts_at > LONGEST_SESSION:
        return "A session lasts at most 31 days. Is the year right?"
    return ""
