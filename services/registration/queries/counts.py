"""Counts of registrations by status."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select

from services.registration.models import Event, Registration, db
from services.registration.rules.places import HOLDS_A_PLACE, Status


def by_status(event: Event) -> dict[str, int]:
    """The number of registrations of an event in each status, and their total under "all"."""
    counted = select(Registration.status, func.count()).where(Registration.event_id == event.id)
    found = dict(db.session.execute(counted.group_by(Registration.status)).tuples().all())
    return {**{status.value: found.get(status, 0) for status in Status}, "all": sum(found.values())}


def places_held(event_ids: Collection[UUID]) -> dict[UUID, int]:
    """The number of places held, by event id. Events without any are left out."""
    held = select(Registration.event_id, func.count()).where(
        Registration.event_id.in_(event_ids), Registration.status.in_(HOLDS_A_PLACE)
    )
    return dict(db.session.execute(held.group_by(Registration.event_id)).tuples().all())
