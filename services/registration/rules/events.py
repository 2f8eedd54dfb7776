"""An event and its sessions as an organiser describes them: the one list of their fields."""

from dataclasses import dataclass, field
from datetime import datetime

from services.registration.rules.invites import Invites


@dataclass(frozen=True)
class SessionDetails:
    """One session. Instants are UTC; `location` is empty for a session held online."""

    starts_at: datetime
    ends_at: datetime
    title: str = ""
    location: str = ""
    join_url: str | None = None


@dataclass(frozen=True)
class EventDetails:
    """An event without its sessions and questions. `timezone` is an IANA name, `description` Markdown, and
    `capacity` None where the number of places has no limit."""

    title: str
    slug: str
    timezone: str
    description: str = ""
    capacity: int | None = None
    waitlist: bool = True
    invites: Invites = field(default_factory=Invites)
