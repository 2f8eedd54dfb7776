"""Handlers of the messages to registration: receipts, and answers to invitations."""

from uuid import UUID

from services.registration.models import Registration, db, queue
from services.registration.operations import invitation_answers, receipts
from shared.contracts.receipts import Outcome, RsvpReceived, Settled
from shared.messaging.inbox import Ended


@queue.receives(Settled)
def settle_notices(arrived: list[Settled]) -> None:
    """Nothing more is owed for these notices."""
    receipts.record(arrived)


@queue.receives(RsvpReceived)
def note_rsvp(rsvp: RsvpReceived) -> Ended:
    """Show the organiser what the person answered."""
    registration = db.session.get(Registration, UUID(rsvp.registration_id))
    if registration is None:
        return Ended(Outcome.DONE, "The registration is gone.")
    is_known = invitation_answers.record(registration, rsvp)
    return Ended(Outcome.DONE, "" if is_known else "The session is gone.")
