"""Sending a failed message again."""

from uuid import UUID

from services.registration.models import Registration, db, queue
from services.registration.notices import notices
from services.registration.operations import timeline
from services.registration.operations.timeline import Actor
from shared.messaging import outbox, outbox_queries


def replay(message_id: UUID, by: Actor) -> bool:
    """Put a failed message into the outbox again. Returns False if it has not failed or was replayed already.

    A notice goes to the person's present address: the one that refused it may have been corrected.
    """
    row = db.session.get(queue.Outbox, message_id)
    notice = (row.body or {}).get("notice") if row is not None else None
    registration = db.session.get(Registration, UUID(notice["registration_id"])) if notice else None
    if row is not None and registration is not None and notice is not None:
        row.body = {**(row.body or {}), "notice": notice | notices.addressed_to(registration)}
    again = outbox.replay(queue, message_id)
    if again is None:
        return False
    if registration is not None and notice is not None:
        timeline.record(registration, "mail sent again", by, mail=notice["kind"], message=str(again))
    return True


def replay_all(by: Actor) -> int:
    """Replay every failed message. Returns how many."""
    return sum(replay(row.id, by) for row in outbox_queries.failed(queue))
