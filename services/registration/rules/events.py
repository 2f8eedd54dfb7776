"""The fields of an event and of its sessions. The models and the interfaces use these dataclasses."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from services.registration.rules.invites import Invites


@dataclass(frozen=True)
class SessionDetails:
    """One session. Times are UTC; `location` is empty for an online session."""

    starts_at: datetime
    ends_at: datetime
    title: str = ""
    location: str = ""
    join_url: str | None = None


@dataclass(frozen=True)
class EventDetails:
    """An event without its sessions and questions. `timezone` is an IANA name, `description` is Markdown, and a
    `capacity` of None means unlimited places.

    People can register from `opens_at` until `closes_at` (UTC; None for at once and until the end), but only while
    `takes_registrations` is True.
    """

    title: str
    slug: str
    timezone: str
    description: str = ""
    capacity: int | None = None
    waitlist: bool = True
    takes_registrations: bool = True
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    invites: Invites = field(default_factory=Invites)


SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
BAD_SLUG = "Use small letters, digits and single hyphens, such as spring-webinar."
LONGEST_SLUG = 80
CLOSES_TOO_EARLY = "Registration closes after it opens."


def closes_too_early(opens_at: datetime | None, closes_at: datetime | None) -> bool:
    """True if registration would close before it opens. CLOSES_TOO_EARLY says so."""
    return opens_at is not None and closes_at is not None and closes_at <= opens_at
