"""Serialises registrations."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.registration.models import Consent, Placement, Registration, Rsvp, Session, db
from services.registration.notices import links
from services.registration.queries import placements


def serialise_registration(registration: Registration) -> dict[str, Any]:
    """One registration."""
    return serialise_registrations([registration])[0]


def serialise_registrations(registrations: Sequence[Registration]) -> list[dict[str, Any]]:
    """Several registrations; one query each for their consents, answers to invitations and placements."""
    ids = [registration.id for registration in registrations]
    consents, rsvps, placed = _consents(ids), _rsvps(ids), placements.by_person(registrations)
    return [_body(one, consents[one.id], rsvps[one.id], placed[one.person_id]) for one in registrations]


def _body(
    registration: Registration, consents: list[str], rsvps: list[Rsvp], placed: list[Placement]
) -> dict[str, Any]:
    return {
        "id": registration.id,
        "event": registration.event.slug,
        "status": registration.status,
        "name": registration.name,
        "email": registration.person.email,
        "organisation": registration.organisation,
        "language": registration.language,
        "answers": registration.answers,
        "consents": consents,
        "rsvp": registration.rsvp,
        "rsvps": rsvps,
        "attendance": registration.attendance,
        "registered_at": registration.created_at,
        "cancelled_at": registration.cancelled_at,
        "cancelled_by": registration.cancelled_by,
        "placements": [_placement(placement) for placement in placed],
        "page_url": links.own_page(registration),
    }


def _placement(placement: Placement) -> dict[str, Any]:
    return {
        "cohort": placement.cohort.slug,
        "title": placement.cohort.title,
        "status": placement.status,
        "asked": placement.asked,
        "fits": placement.fits,
        "room": placement.room,
        "told": placement.told,
        "pinned": placement.pinned,
        "reason": placement.reason,
    }


def _rsvps(registration_ids: list[UUID]) -> dict[UUID, list[Rsvp]]:
    given: dict[UUID, list[Rsvp]] = defaultdict(list)
    theirs = select(Rsvp).where(Rsvp.registration_id.in_(registration_ids)).join(Rsvp.session)
    for rsvp in db.session.scalars(theirs.order_by(Session.starts_at)):
        given[rsvp.registration_id].append(rsvp)
    return given


def _consents(registration_ids: list[UUID]) -> dict[UUID, list[str]]:
    given: dict[UUID, list[str]] = defaultdict(list)
    mine = select(Consent.registration_id, Consent.purpose).where(Consent.registration_id.in_(registration_ids))
    for registration_id, purpose in db.session.execute(mine.where(Consent.withdrawn_at.is_(None)).order_by(Consent.id)):
        if purpose not in given[registration_id]:
            given[registration_id].append(purpose)
    return given
