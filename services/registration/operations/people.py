"""People, each known by one address, and the correction of an address."""

from sqlalchemy import exists, select, update

from services.registration.models import Consent, Event, Person, Placement, Registration, db
from services.registration.notices import notices
from services.registration.notices.next_steps import sentences_for
from services.registration.operations import places, timeline
from services.registration.operations.timeline import Actor
from services.registration.queries.search import searchable_text
from services.registration.rules.places import NotActive
from shared.contracts.notices import Kind
from shared.database.db import add_if_absent
from shared.database.ids import new_id
from shared.database.utc import now


class AddressTaken(Exception):
    """The person of this address has a registration for the event already."""


def find_or_add(email: str, email_key: str) -> tuple[Person, bool]:
    """The person of this address, and True if they are new. A known one is locked, so that two forms sent at
    the same time make one registration."""
    values = {"id": new_id(), "email_key": email_key, "email": email, "created_at": now()}
    added = add_if_absent(db.session, Person, values)
    if added is not None:
        return added, True
    known = select(Person).filter_by(email_key=email_key).with_for_update()
    return db.session.scalars(known).one(), False


def registration_of(person: Person, event: Event) -> Registration | None:
    """The person's registration for an event, cancelled or not."""
    return db.session.scalar(select(Registration).filter_by(event_id=event.id, person_id=person.id))


def change_address(registration: Registration, email: str, email_key: str, by: Actor) -> bool:
    """Correct the address of a registration, and send the confirmation with the invite there.

    The registration moves to the person of that address, with its consents and groups. The old address gets nothing,
    and the private links that were sent there stop working. Returns True if a mail goes to the new address: not
    if it is the same, or the event is over. Raises AddressTaken, and NotActive if the registration or
    the event is cancelled.
    """
    places.lock_registration(registration)
    if not registration.is_active:
        raise NotActive
    before = registration.person
    if before.email_key == email_key:
        return False
    db.session.refresh(before, with_for_update=True)
    person, is_new = find_or_add(email, email_key)
    if not is_new and registration_of(person, registration.event) is not None:
        raise AddressTaken
    _move_placements(registration, person)
    db.session.execute(update(Consent).filter_by(registration_id=registration.id).values(person_id=person.id))
    registration.person, registration.person_id = person, person.id
    registration.address_version += 1
    registration.search = searchable_text(registration.name, email_key, registration.organisation)
    registration.reminded_at = registration.asked_about_no_at = None
    registration.rsvp = registration.rsvp_at = None
    registration.rsvps.clear()
    db.session.flush()
    if not db.session.scalar(select(exists().where(Registration.person_id == before.id))):
        db.session.delete(before)
    timeline.record(registration, "address changed", by)
    if registration.event.is_over:
        return False
    kind = Kind.CONFIRMED if registration.holds_place else Kind.WAITLISTED
    notices.notify(registration, kind, next_steps=sentences_for(registration))
    return True


def _move_placements(registration: Registration, person: Person) -> None:
    """Move the registration's placements to another person. If both have one in a cohort, an organiser's decision
    stays, or else that person's own."""
    theirs = {one.cohort_id: one for one in db.session.scalars(select(Placement).filter_by(person_id=person.id))}
    for placement in db.session.scalars(select(Placement).filter_by(registration_id=registration.id)):
        other = theirs.get(placement.cohort_id)
        if other is not None and (other.pinned or not placement.pinned):
            db.session.delete(placement)
            continue
        if other is not None:
            db.session.delete(other)
            db.session.flush()
        placement.person_id = person.id
