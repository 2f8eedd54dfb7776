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
    """Forward a notice to notifications with its invite attached."""
    return Forward("notifications", bring_up_to_date(due.notice, bulk=envelope.bulk))


@queue.receives(EventListed)
def update_listing(listed: EventListed) -> Ended:
    """Store the public details of an event for its feeds."""
    listing = db.session.get(Listing, listed.event.id)
    if listing is None:
        listing = Listing(event_id=listed.event.id, cancelled_at={})
        db.session.add(listing)
    listing.slug, listing.status = listed.event.slug, listed.status
    listing.show(listed.event, cancelled=listed.status is Status.CANCELLED, stated_at=listed.stated_at)
    return Ended(Outcome.DONE)


@queue.receives(Settled)
def settle(receipts: list[Settled]) -> None:
    """Settle the messages that calendar owed."""
    queue.settle(receipts)
