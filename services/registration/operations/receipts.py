"""What becomes of notices: their receipts, on the timeline of whom they were for."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import lazyload, load_only

from services.registration import timeline
from services.registration.models import Outbox, Registration, db, queue
from services.registration.timeline import SYSTEM
from shared.messages.receipts import Settled


def record(receipt: Settled) -> None:
    """Settle what a receipt is for, and put it on the timeline; a repeated receipt changes nothing."""
    said = Outbox.body["notice"]
    notices = select(said["kind"].as_string().label("kind"), said["registration_id"].as_string().label("about"))
    notice = db.session.execute(notices.where(Outbox.id == UUID(receipt.message_id))).one_or_none()
    if not queue.settle(receipt) or notice is None or notice.about is None:
        return
    only_its_event = load_only(Registration.event_id), lazyload(Registration.person)
    registration = db.session.get(Registration, UUID(notice.about), options=only_its_event)
    if registration is not None:
        detail = {"mail": notice.kind, "detail": receipt.detail, "message": receipt.message_id}
        timeline.record(registration, f"mail {receipt.outcome}", SYSTEM, **detail)
