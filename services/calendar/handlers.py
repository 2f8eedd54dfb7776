"""Handlers of the messages to calendar: notices that need invites, listings, and receipts."""

from services.calendar.invitations import bring_up_to_date
from services.calendar.models import Listing, db, queue
from shared.contracts.listings import EventListed
from shared.contracts.listings import Listing as Status
from shared.contracts.notices import NoticeDue
from shared.contracts.receipts import Outcome, Settled
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import Ended, Forward


@queue.receives(NoticeDue)
def attach_invite(due: NoticeDue, envelope: Envelope) -> Forward:
    """Send a notice on its way with the invite that says the same."""
    return Forward("notifications", bring_up_to_date(due.notice, bulk=envelope.bulk))


@queue.receives(EventListed)
def show_to_public(listed: EventListed) -> Ended:
    """Keep an event as the public may see it."""
    listing = db.session.get(Listing, listed.event.id)
    if listing is None:
        listing = Listing(event_id=listed.event.id, cancelled_at={})
        db.session.add(listing)
    listing.slug, listing.status = listed.event.slug, listed.status
    listing.show(listed.event, stands=listed.status != Status.CANCELLED, stated_at=listed.stated_at)
    return Ended(Outcome.DONE)


@queue.receives(Settled)
def settle(receipts: list[Settled]) -> None:
    """Settle calendar's own messages."""
    queue.settle(receipts)
