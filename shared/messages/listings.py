"""Listings: what calendars show the public about an event."""

from datetime import datetime
from enum import StrEnum

from shared.messages.contract import Message, contract
from shared.messages.notices import EventFacts


class Listing(StrEnum):
    """Where an event stands for the public."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


@contract("event-listed")
class EventListed(Message):
    """An event as the public may see it, as things stood at `stated_at` (UTC); it carries no join link."""

    event: EventFacts
    status: str
    stated_at: datetime
