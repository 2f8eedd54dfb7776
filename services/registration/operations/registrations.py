"""Operations on a registration."""

from dataclasses import dataclass

from services.registration.models import Event, EventStatus, Registration, db
from services.registration.notices import notices
from services.registration.notices.next_steps import sentences_for
from services.registration.operations import consents, people, placements, places, timeline
from services.registration.operations.listings import listed_when_full
from services.registration.operations.timeline import REGISTRANT, Actor
from services.registration.queries.search import searchable_text
from services.registration.rules.applications import Application
from services.registration.rules.form_history import GivenAnswers
from services.registration.rules.places import ACTIVE, NotActive, Status
from shared.contracts.notices import Kind
from shared.database.session import defer_object
from shared.database.utc import now


@dataclass(frozen=True)
class Registered:
    """The result of an application. `status` is the one that any new registration would have at that moment, so it
    does not reveal who was registered before."""

    registration: Registration
    status: Status


def register(event: Event, application: Application, by: Actor) -> Registered:
    """Register somebody: they get a place, or wait for one. A person who is registered already gets a reminder.

    Raises EventIsFull if there is neither a place nor a waiting list, and RegistrationClosed if the event takes no
    registrations.
    """
    status = places.status_for_next(event)
    person, is_newcomer = people.find_or_add(application.email, application.email_key)
    registration = None if is_newcomer else people.registration_of(person, event)
    if registration is not None:
        places.lock_registration(registration)
    if registration is not None and registration.status in ACTIVE:
        if notices.notify_already_registered(registration):
            timeline.record(registration, "registered again", by)
        return Registered(registration, status)

    registration = registration or Registration.of(person, event)
    _fill_in(registration, application)
    with listed_when_full(event):
        places.move(registration, status)
    defer_object(db.session, registration)
    consents.record(registration, application.consents, application.source)
    timeline.record(registration, "registered", by, status=status)
    sentences = placements.route(registration, is_notified=True)
    kind = Kind.CONFIRMED if registration.holds_place else Kind.WAITLISTED
    notices.notify(registration, kind, next_steps=sentences)
    return Registered(registration, status)


def cancel(registration: Registration, by: Actor, *, reason: str = "", notice_reason: str = "") -> bool:
    """Cancel, and give the place to the person who has waited longest. Answers, consents and groups stay as they are.

    Nobody is notified once the event is over, or once they have heard that the event is cancelled. `reason` goes on the
    timeline, `notice_reason` into the notice. Returns False if it is cancelled already.
    """
    places.lock_registration(registration, counted=True)
    if registration.status is Status.CANCELLED:
        return False
    with listed_when_full(registration.event):
        places.move(registration, Status.CANCELLED)
        registration.cancelled_at, registration.cancelled_by = now(), by.kind
        timeline.record(registration, "cancelled", by, **({"reason": reason} if reason else {}))
        _notify_of_cancellation(registration, notice_reason)
        places.give_free_places(registration.event)
    return True


def restore(registration: Registration, by: Actor) -> bool:
    """Take a cancellation back: register the person again, with the answers, consents and groups that they had, and
    notify them. They get a place, or wait for one.

    Returns False if the registration is not cancelled. Raises NotActive if the event is cancelled or over,
    EventIsFull if there is neither a place nor a waiting list, and RegistrationClosed for a registrant if the event
    takes no registrations.
    """
    event = registration.event
    places.lock_registration(registration, counted=True)
    if registration.status is not Status.CANCELLED:
        return False
    if event.status is EventStatus.CANCELLED or event.is_over:
        raise NotActive
    status = places.status_for_next(event, even_if_closed=by.kind != REGISTRANT.kind)
    with listed_when_full(event):
        places.move(registration, status)
    _stand_again(registration)
    timeline.record(registration, "restored", by, status=registration.status)
    kind = Kind.RESTORED if registration.holds_place else Kind.WAITLISTED
    notices.notify(registration, kind, next_steps=sentences_for(registration))
    return True


def change_answers(registration: Registration, application: Application, by: Actor) -> None:
    """Change the answers, and route the person again. The address stays as it is, and so do the answers to questions
    that the application does not answer."""
    places.lock_registration(registration)
    before = (registration.name, registration.organisation, registration.answers)
    if before == (application.name, application.organisation, application.answers):
        return
    given = registration.given.changed(application.answers, application.answered, registration.event.form_version)
    _set_answers(registration, application, given)
    timeline.record(registration, "answers changed", by, answers_version=registration.answers_version)
    placements.route(registration, is_notified=False)


def _notify_of_cancellation(registration: Registration, reason: str) -> None:
    """Notify the person. If the event is cancelled, that is the news, and they hear it once."""
    event = registration.event
    if event.status is EventStatus.PUBLISHED:
        notices.notify(registration, Kind.CANCELLED, reason=reason)
    elif registration.notified_revision < event.revision:
        notices.notify(registration, Kind.EVENT_CANCELLED)


def _fill_in(registration: Registration, application: Application) -> None:
    """Fill in a new registration, or a cancelled one that is made again."""
    _set_answers(registration, application, GivenAnswers(application.answers, registration.event.form_version))
    registration.language, registration.source = application.language, application.source
    registration.created_at = now()
    _stand_again(registration)


def _stand_again(registration: Registration) -> None:
    """Forget that a registration was cancelled, and what its person said to the invite that was withdrawn."""
    registration.cancelled_at = registration.cancelled_by = None
    registration.rsvp = registration.rsvp_at = registration.asked_about_no_at = None
    registration.rsvps.clear()


def _set_answers(registration: Registration, application: Application, given: GivenAnswers) -> None:
    registration.name, registration.organisation = application.name, application.organisation
    registration.given = given
    registration.answers_version += 1
    email_key = registration.person.email_key
    registration.search = searchable_text(application.name, email_key, application.organisation)
