"""Operations on a registration."""

from dataclasses import dataclass

from sqlalchemy import select, update

from services.registration.models import Consent, Event, Person, Registration, db
from services.registration.notices import notices
from services.registration.operations import placements, places, timeline
from services.registration.operations.timeline import Actor
from services.registration.queries.search import searchable_text
from services.registration.rules.applications import Application
from services.registration.rules.consents import WORDINGS
from services.registration.rules.form_history import GivenAnswers
from services.registration.rules.places import ACTIVE, Status
from shared.contracts.notices import Kind
from shared.database.db import add_if_absent
from shared.database.ids import new_id
from shared.database.session import defer_insert, defer_object
from shared.database.utc import now


@dataclass(frozen=True)
class Registered:
    """The result of an application. `status` is the one that any new registration would have at that moment, so it
    does not reveal who was registered before."""

    registration: Registration
    status: Status


def register(event: Event, application: Application, by: Actor) -> Registered:
    """Register somebody: they get a place, or wait for one. A person who is registered already gets a reminder.

    Raises EventIsFull if there is neither a place nor a waiting list.
    """
    person, is_newcomer = _find_or_add(application)
    status = places.status_for_next(event)
    registration = None if is_newcomer else _registration_of(person, event)
    if registration is not None and registration.status in ACTIVE:
        if notices.notify_already_registered(registration):
            timeline.record(registration, "registered again", by)
        return Registered(registration, status)

    registration = registration or Registration.of(person, event)
    _fill_in(registration, application)
    places.move(registration, status)
    defer_object(db.session, registration)
    _record_consents(registration, application)
    timeline.record(registration, "registered", by, status=status)
    next_steps = placements.route(registration)
    kind = Kind.CONFIRMED if registration.holds_place else Kind.WAITLISTED
    notices.notify(registration, kind, next_steps=next_steps)
    return Registered(registration, status)


def cancel(registration: Registration, by: Actor, *, reason: str = "", notice_reason: str = "") -> None:
    """Cancel, and give the place to the person who has waited longest. Cancelling twice changes nothing.

    `reason` goes on the timeline, `notice_reason` into the notice.
    """
    places.lock(registration.event)
    db.session.refresh(registration, with_for_update=True)
    if registration.status is Status.CANCELLED:
        return
    places.move(registration, Status.CANCELLED)
    registration.cancelled_at = now()
    timeline.record(registration, "cancelled", by, **({"reason": reason} if reason else {}))
    notices.notify(registration, Kind.CANCELLED, reason=notice_reason)
    places.give_free_places(registration.event)


def change_answers(registration: Registration, application: Application, by: Actor) -> None:
    """Change the answers, and route the person again. The address stays as it is, and so do the answers to questions
    that the application does not answer."""
    db.session.refresh(registration, with_for_update=True)
    before = (registration.name, registration.organisation, registration.answers)
    if before == (application.name, application.organisation, application.answers):
        return
    given = registration.given.changed(application.answers, application.answered, registration.event.form_version)
    _set_answers(registration, application, given)
    timeline.record(registration, "answers changed", by, answers_version=registration.answers_version)
    placements.route(registration)


def _find_or_add(application: Application) -> tuple[Person, bool]:
    """The person of this address, and True if they are new. A known one is locked, so that two forms sent at
    the same time make one registration."""
    values = {"id": new_id(), "email_key": application.email_key, "email": application.email, "created_at": now()}
    added = add_if_absent(db.session, Person, values)
    if added is not None:
        return added, True
    known = select(Person).filter_by(email_key=application.email_key).with_for_update()
    return db.session.scalars(known).one(), False


def _registration_of(person: Person, event: Event) -> Registration | None:
    return db.session.scalar(select(Registration).filter_by(event_id=event.id, person_id=person.id))


def _fill_in(registration: Registration, application: Application) -> None:
    """Fill in a new registration, or a cancelled one that is made again."""
    _set_answers(registration, application, GivenAnswers(application.answers, registration.event.form_version))
    registration.language, registration.source = application.language, application.source
    registration.created_at, registration.cancelled_at = now(), None
    registration.rsvp = registration.rsvp_at = None
    registration.rsvps.clear()


def _set_answers(registration: Registration, application: Application, given: GivenAnswers) -> None:
    registration.name, registration.organisation = application.name, application.organisation
    registration.given = given
    registration.answers_version += 1
    email_key = registration.person.email_key
    registration.search = searchable_text(application.name, email_key, application.organisation)


def _record_consents(registration: Registration, application: Application) -> None:
    """Record the application's consents. Earlier ones are withdrawn."""
    if registration.answers_version > 1:
        earlier = (Consent.registration_id == registration.id) & Consent.withdrawn_at.is_(None)
        db.session.execute(update(Consent).where(earlier).values(withdrawn_at=now()))
    for wording in WORDINGS:
        if wording.purpose in application.consents:
            defer_insert(
                db.session,
                Consent,
                person_id=registration.person_id,
                registration_id=registration.id,
                purpose=wording.purpose,
                wording_version=wording.version,
                source=application.source,
                given_at=now(),
            )
