"""Handles receipts of notices: settles the outbox and adds to the person's timeline."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import lazyload, load_only

from services.registration.models import Outbox, Registration, db, queue
from services.registration.operations import timeline
from services.registration.operations.timeline import SYSTEM
from shared.contracts.receipts import Settled

NOTICE = Outbox.body["notice"]
NOTICES = select(
    Outbox.id, NOTICE["kind"].as_string().label("kind"), NOTICE["registration_id"].as_string().label("about")
).where(Outbox.id.in_(bindparam("ids", expanding=True)))
REGISTRATIONS = (
    select(Registration)
    .where(Registration.id.in_(bindparam("ids", expanding=True)))
    .options(load_only(Registration.event_id), lazyload(Registration.person))
)


def record(receipts: Collection[Settled]) -> None:
    """Settle the outbox rows of these receipts, and add to the timelines. A redelivered receipt changes nothing."""
    ids = [UUID(receipt.message_id) for receipt in receipts]
    notices = {str(row.id): row for row in db.session.execute(NOTICES, {"ids": ids}) if row.about is not None}
    news = [receipt for receipt in queue.settle(receipts) if receipt.message_id in notices]
    about = [UUID(notices[receipt.message_id].about) for receipt in news]
    registrations = {str(one.id): one for one in db.session.scalars(REGISTRATIONS, {"ids": about})}
    for receipt in news:
        notice = notices[receipt.message_id]
        if registration := registrations.get(notice.about):
            detail = {"mail": notice.kind, "detail": receipt.detail, "message": receipt.message_id}
            timeline.record(registration, f"mail {receipt.outcome}", SYSTEM, **detail)
