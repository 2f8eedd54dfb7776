"""Sending a failed message again."""

from dataclasses import dataclass
from uuid import UUID

from services.registration.models import Registration, db, queue
from services.registration.notices import notices
from services.registration.operations import timeline
from services.registration.operations.timeline import Actor
from shared.contracts.notices import Kind
from shared.messaging import outbox, outbox_queries

OUTLIVE_THE_EVENT = (Kind.PLACED, Kind.NOT_PLACED)


class EventIsOver(Exception):
    """The message is a notice about an event that is over."""


@dataclass(frozen=True)
class Replayed:
    """How many messages were replayed, and how many were not because their event is over."""

    count: int
    too_late: int


def replay(message_id: UUID, by: Actor) -> bool:
    """Put a failed message into the outbox again. Returns False if it has not failed or was replayed already.

    A notice goes to the person's present address: the one that refused it may have been corrected. Raises EventIsOver
    for a notice about an event that is over; decisions about groups are still sent then.
    """
    row = db.session.get(queue.Outbox, message_id)
    notice = (row.body or {}).get("notice") if row is not None else None
    registration = db.session.get(Registration, UUID(notice["registration_id"])) if notice else None
    if row is not None and registration is not None and notice is not None:
        if registration.event.is_over and notice["kind"] not in OUTLIVE_THE_EVENT:
            raise EventIsOver
        row.body = {**(row.body or {}), "notice": notice | notices.addressed_to(registration)}
    again = outbox.replay(queue, message_id)
    if again is None:
        return False
    if registration is not None and notice is not None:
        timeline.record(registration, "mail sent again", by, mail=notice["kind"], message=str(again))
    return True


def replay_all(by: Actor) -> Replayed:
    """Replay every failed message, except for notices about events that are over."""
    count = too_late = 0
    for row in outbox_queries.failed(queue):
        try:
            count += replay(row.id, by)
        except EventIsOver:
            too_late += 1
    return Replayed(count, too_late)
