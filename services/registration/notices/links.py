"""Personal links. Each is signed for one purpose and lasts until after the event."""

from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app

from services.registration.models import Event, Registration, db
from shared.web import tokens
from shared.web.tokens import BadToken, Purpose

OPEN_AFTER_THE_EVENT = timedelta(days=90)


def event_page(event: Event) -> str:
    """The public page of an event."""
    return f"{_base()}/events/{event.slug}"


def own_page(registration: Registration) -> str:
    """The registrant's own page."""
    return f"{_base()}/registrations/{own_page_token(registration)}"


def own_page_token(registration: Registration) -> str:
    """The token in the address of the registrant's own page."""
    until = _last_moment(registration.event) + OPEN_AFTER_THE_EVENT
    return tokens.sign(_secret(), Purpose.OWN_PAGE, _subject(registration), until)


def registration_of(own_page_token: str) -> Registration:
    """The registration that a token opens. Raises BadToken or ExpiredToken.

    A token that was sent to a wrong address opens nothing once the address is corrected.
    """
    subject = tokens.read(_secret(), Purpose.OWN_PAGE, own_page_token)
    registration = db.session.get(Registration, UUID(subject.partition(" ")[0]))
    if registration is None or subject != _subject(registration):
        raise BadToken("This link is not valid.")
    return registration


def personal_feed(registration: Registration) -> str:
    """The person's private calendar, to subscribe to."""
    return feed_of(str(registration.person_id), registration.event)


def feed_of(person_id: str, event: Event) -> str:
    """The private calendar of the person with this id. Its link lasts until after the event."""
    until = _last_moment(event) + OPEN_AFTER_THE_EVENT
    token = tokens.sign(_secret(), Purpose.CALENDAR_FEED, person_id, until)
    return f"{_base()}/calendar/people/{token}.ics"


def add_to_calendar(event: Event) -> str:
    """The page that offers the event's next session to web calendars."""
    return f"{_base()}/calendar/events/{event.slug}/add"


def preview_page(event: Event) -> str:
    """The organisers' page with previews of the event's mails."""
    return f"{_base()}/console/events/{event.slug}/preview"


def _subject(registration: Registration) -> str:
    version = registration.address_version
    return f"{registration.id} {version}" if version else str(registration.id)


def _last_moment(event: Event) -> datetime:
    return max((session.ends_at for session in event.sessions), default=event.created_at)


def _base() -> str:
    return str(current_app.config["PUBLIC_URL"])


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])
