"""How many registrations there are, as the database keeps count of them with every change of one."""

from uuid import UUID

from sqlalchemy import func, select

from services.registration.models import Event, Tally, db
from services.registration.rules.places import HOLDS_A_PLACE, Status


def of_event(event: Event) -> dict[str, int]:
    """How many registrations of an event have each status, and "all" of them."""
    by_status = select(Tally.status, func.sum(Tally.registrations)).where(Tally.event_id == event.id)
    found = dict(db.session.execute(by_status.group_by(Tally.status)).tuples().all())
    return {**{status.value: found.get(status, 0) for status in Status}, "all": sum(found.values())}


def holding_a_place() -> dict[UUID, int]:
    """How many hold a place at each event that anybody has registered for."""
    held = select(Tally.event_id, func.sum(Tally.registrations)).where(Tally.status.in_(HOLDS_A_PLACE))
    return dict(db.session.execute(held.group_by(Tally.event_id)).tuples().all())
