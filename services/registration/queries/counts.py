"""Counts of registrations."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select

from services.registration.models import Event, PlacementStatus, Registration, db
from services.registration.queries import attendees
from services.registration.queries.attendees import Filters
from services.registration.rules.places import HOLDS_A_PLACE, Status


def by_status(event: Event) -> dict[str, int]:
    """The number of registrations of an event in each status, and their total under "all"."""
    counted = select(Registration.status, func.count()).where(Registration.event_id == event.id)
    found = dict(db.session.execute(counted.group_by(Registration.status)).tuples().all())
    return {**{status.value: found.get(status, 0) for status in Status}, "all": sum(found.values())}


def to_decide(event: Event) -> int:
    """The number of registrations of an event that wait for an organiser's decision about a cohort."""
    found = attendees.matching(event, Filters(cohort_status=PlacementStatus.IN_REVIEW))
    return db.session.scalar(select(func.count()).select_from(found.with_only_columns(Registration.id).subquery())) or 0


def places_held(event_ids: Collection[UUID]) -> dict[UUID, int]:
    """The number of places held, by event id. Events without any are left out."""
    held = select(Registration.event_id, func.count()).where(
        Registration.event_id.in_(event_ids), Registration.status.in_(HOLDS_A_PLACE)
    )
    return dict(db.session.execute(held.group_by(Registration.event_id)).tuples().all())
