"""The fields of an event and of its sessions. The models and the interfaces use these dataclasses."""

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
    `capacity` of None means unlimited places."""

    title: str
    slug: str
    timezone: str
    description: str = ""
    capacity: int | None = None
    waitlist: bool = True
    invites: Invites = field(default_factory=Invites)
