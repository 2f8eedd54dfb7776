"""Consents, given and taken back."""

from collections.abc import Iterable

from sqlalchemy import select, update

from services.registration.models import Consent, Registration, db
from services.registration.operations import places, timeline
from services.registration.operations.timeline import Actor
from services.registration.rules.consents import WORDINGS
from shared.database.session import defer_insert
from shared.database.utc import now


def record(registration: Registration, purposes: Iterable[str], source: str) -> None:
    """Record the consents that came with a registration. Earlier ones end."""
    if registration.answers_version > 1:
        _end(registration)
    for purpose in purposes:
        _add(registration, purpose, source)


def give(registration: Registration, purpose: str, by: Actor, source: str) -> bool:
    """Record that a person agrees. Returns False if they did already."""
    places.lock_registration(registration)
    if purpose in in_force(registration):
        return False
    _add(registration, purpose, source)
    timeline.record(registration, "consent given", by, consent=purpose)
    return True


def withdraw(registration: Registration, purpose: str, by: Actor) -> bool:
    """End a person's consent. Returns False if they had none."""
    places.lock_registration(registration)
    if purpose not in in_force(registration):
        return False
    _end(registration, purpose)
    timeline.record(registration, "consent withdrawn", by, consent=purpose)
    return True


def in_force(registration: Registration) -> dict[str, Consent]:
    """What the person agrees to now, by purpose."""
    mine = select(Consent).filter_by(registration_id=registration.id, withdrawn_at=None)
    return {consent.purpose: consent for consent in db.session.scalars(mine.order_by(Consent.id))}


def _end(registration: Registration, purpose: str | None = None) -> None:
    standing = update(Consent).filter_by(registration_id=registration.id, withdrawn_at=None)
    db.session.execute((standing.filter_by(purpose=purpose) if purpose else standing).values(withdrawn_at=now()))


def _add(registration: Registration, purpose: str, source: str) -> None:
    wording = next(wording for wording in WORDINGS if wording.purpose == purpose)
    defer_insert(
        db.session,
        Consent,
        person_id=registration.person_id,
        registration_id=registration.id,
        purpose=purpose,
        wording_version=wording.version,
        source=source,
        given_at=now(),
    )
