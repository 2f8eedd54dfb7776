"""What can happen to a registration."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from services.registration import notices, timeline
from services.registration.models import Consent, Event, Person, Registration, db
from services.registration.operations import placements, places
from services.registration.rules.places import STANDS, Status
from services.registration.rules.wording import WORDINGS
from services.registration.timeline import Actor
from shared.appending import append, append_entity, as_loaded
from shared.clock import now
from shared.db import insert_if_absent
from shared.ids import new_id
from shared.messages.notices import Kind


@dataclass(frozen=True)
class Application:
    """A form filled in and found good. `email_key` is the normalised address."""

    name: str
    email: str
    email_key: str
    organisation: str
    answers: dict[str, Any]
    consents: tuple[str, ...]
    language: str = "en"
    source: str = "form"


@dataclass(frozen=True)
class Registered:
    """What came of an application: `standing` is what anybody registering at that moment was told, so
    that it tells a stranger nothing about who was there before."""

    registration: Registration
    standing: Status
    is_new: bool


def register(event: Event, application: Application, by: Actor) -> Registered:
    """Give somebody a place, or a place in the queue. Registering twice changes nothing; the person is
    sent the link to their own page instead.

    Commits nothing: the door that called does, with the answer it keeps. Raises EventIsFull where
    there is neither a place nor a waiting list.
    """
    person, is_newcomer = _person(application)
    standing = places.standing_for_next(event)
    registration = None if is_newcomer else _registration_of(person, event)
    if registration is not None and registration.status in STANDS:
        if notices.remind_of_registration(registration):
            timeline.record(registration, "registered again", by)
        return Registered(registration, standing, is_new=False)

    if registration is None:
        registration = _write_down(event, person, application, standing)
    else:
        _fill_in(registration, application, standing)
    _record_consents(registration, application)
    timeline.record(registration, "registered", by, status=standing)
    next_steps = placements.route_newcomer(registration) if is_newcomer else placements.route(registration)
    kind = Kind.CONFIRMED if registration.holds_place else Kind.WAITLISTED
    notices.owe_numbered(registration, kind, next_steps=next_steps)
    return Registered(registration, standing, is_new=True)


def cancel(registration: Registration, by: Actor) -> None:
    """Cancel, and give the place to whoever waits longest. Cancelling twice changes nothing."""
    withdraw(registration, by)
    db.session.commit()


def withdraw(registration: Registration, by: Actor, reason: str = "", *, told: str = "") -> None:
    """What `cancel` does, without its commit, and with a reason for the timeline and one that the person is told."""
    if registration.status == Status.CANCELLED:
        return
    places.lock(registration.event)
    db.session.refresh(registration, with_for_update=True)
    if registration.status == Status.CANCELLED:
        return
    places.leave(registration)
    timeline.record(registration, "cancelled", by, **({"reason": reason} if reason else {}))
    notices.owe_standing(registration, Kind.CANCELLED, reason=told)
    places.give_free_places(registration.event)


def change_answers(registration: Registration, application: Application, by: Actor) -> None:
    """Keep new answers, and look again at which cohorts they lead to. The address stays as it is."""
    before = (registration.name, registration.organisation, registration.answers)
    if before == (application.name, application.organisation, application.answers):
        return
    _describe(registration, application)
    registration.form_version = registration.event.form_version
    registration.answers_version += 1
    timeline.record(registration, "answers changed", by, answers_version=registration.answers_version)
    placements.route(registration)
    db.session.commit()


def _person(application: Application) -> tuple[Person, bool]:
    """The person of this address, locked so that two forms sent at once are one registration; and whether
    nothing was known of them before."""
    values = {
        "id": new_id(),
        "email_key": application.email_key,
        "email": application.email,
        "created_at": now(),
    }
    if insert_if_absent(db.session, Person.__table__, values):
        return as_loaded(db.session, Person(**values)), True
    found = select(Person).filter_by(email_key=application.email_key).with_for_update()
    return db.session.scalars(found).one(), False


def _registration_of(person: Person, event: Event) -> Registration | None:
    return db.session.scalar(select(Registration).filter_by(event_id=event.id, person_id=person.id))


def _write_down(event: Event, person: Person, application: Application, standing: Status) -> Registration:
    """A new registration."""
    registration = Registration(
        id=new_id(),
        event_id=event.id,
        person_id=person.id,
        attendance="unknown",
        ordinal=0,
        answers_version=0,
        told_revision=0,
    )
    set_committed_value(registration, "event", event)
    set_committed_value(registration, "person", person)
    set_committed_value(registration, "rsvps", [])
    _fill_in(registration, application, standing)
    return append_entity(db.session, registration)


def _fill_in(registration: Registration, application: Application, standing: Status) -> None:
    _describe(registration, application)
    places.take(registration, standing)
    notices.take_number(registration)
    registration.answers_version += 1
    registration.form_version = registration.event.form_version
    registration.language, registration.source = application.language, application.source
    registration.created_at, registration.cancelled_at = now(), None
    registration.rsvp = registration.rsvp_at = None
    registration.rsvps.clear()


def _describe(registration: Registration, application: Application) -> None:
    registration.name, registration.organisation = application.name, application.organisation
    registration.answers = application.answers
    searched = (application.name, registration.person.email_key, application.organisation)
    registration.search = "\n".join(searched).casefold()


def _record_consents(registration: Registration, application: Application) -> None:
    for wording in WORDINGS:
        if wording.purpose in application.consents:
            append(
                db.session,
                Consent,
                person_id=registration.person_id,
                registration_id=registration.id,
                purpose=wording.purpose,
                wording_version=wording.version,
                source=application.source,
                given_at=now(),
            )
