"""Listings: events as public calendars show them."""

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
    """The public details of an event at `stated_at` (UTC), without join links."""

    event: EventFacts
    status: Listing
    stated_at: datetime
