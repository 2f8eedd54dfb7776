"""What becomes of notices: their receipts, on the timeline of whom they were for."""

from uuid import UUID

from services.registration import timeline
from services.registration.models import Outbox, Registration, db, queue
from services.registration.timeline import SYSTEM
from shared.messages.receipts import Settled


def record(receipt: Settled) -> None:
    """Settle what a receipt is for, and put it on the timeline; a repeated receipt changes nothing."""
    row = db.session.get(Outbox, UUID(receipt.message_id))
    notice = (row.body or {}).get("notice") if row is not None else None
    if not queue.settle(receipt) or notice is None:
        return
    registration = db.session.get(Registration, UUID(notice["registration_id"]))
    if registration is not None:
        detail = {"mail": notice["kind"], "detail": receipt.detail, "message": receipt.message_id}
        timeline.record(registration, f"mail {receipt.outcome}", SYSTEM, **detail)
