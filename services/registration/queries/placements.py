"""Queries for placements."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from services.registration.models import Placement, Registration, db


def by_person(registrations: Iterable[Registration]) -> dict[UUID, list[Placement]]:
    """All placements of these registrants, by person id."""
    people = {registration.person_id for registration in registrations}
    found: dict[UUID, list[Placement]] = defaultdict(list)
    theirs = select(Placement).where(Placement.person_id.in_(people)).options(lazyload(Placement.cohort))
    for placement in db.session.scalars(theirs.order_by(Placement.id)):
        found[placement.person_id].append(placement)
    return found
