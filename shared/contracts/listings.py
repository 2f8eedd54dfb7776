"""Listings: what calendars show the public about an event."""

from datetime import datetime
from enum import StrEnum

from shared.contracts.contract import Message, contract
from shared.contracts.notices import EventFacts


class Listing(StrEnum):
    """The status of an event for the public."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


@contract("event-listed")
class EventListed(Message):
    """An event as the public may see it, as things stood at `stated_at` (UTC); it carries no join link."""

    event: EventFacts
    status: Listing
    stated_at: datetime
