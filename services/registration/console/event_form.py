"""The form by which an organiser changes an event: its title, its sessions and the choices about its invites."""

from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from flask import current_app
from wtforms import FieldList, Form, FormField, HiddenField
from wtforms.validators import Optional, ValidationError

from services.registration.console.event_changes import digests, merge
from services.registration.models import Event, EventStatus, Session
from services.registration.operations.events import PlannedSession
from services.registration.rules.events import (
    BAD_SLUG,
    CLOSES_TOO_EARLY,
    LONGEST_SLUG,
    SLUG,
    EventDetails,
    SessionDetails,
    closes_too_early,
)
from services.registration.rules.invites import LONGEST_REMINDER_MINUTES, Invites, answers_reach_us, validate_invites
from services.registration.rules.times import session_problem
from services.registration.rules.web_addresses import NOT_A_WEB_ADDRESS, is_web_address
from services.registration.web.fields import Email, Line, LocalDateTime, Required, WholeNumber, YesOrNo
from services.registration.web.forms import PageForm

LONGEST_LINK = 1000


class SessionForm(Form):
    """One session. `session_form` adds `starts_at` and `ends_at`, which are read in the event's zone."""

    id = HiddenField()
    starts_at: LocalDateTime
    ends_at: LocalDateTime
    location = Line("Place", description="Leave this empty if the session is online.")
    join_url = Line("Link to join", longest=LONGEST_LINK)

    def validate_join_url(self, join_url: Line) -> None:
        """Raises ValidationError for anything but a web address."""
        if join_url.data and not is_web_address(join_url.data):
            raise ValidationError(NOT_A_WEB_ADDRESS)

    def validate_ends_at(self, ends_at: LocalDateTime) -> None:
        """Raises ValidationError if the session ends before it starts, or lasts too long."""
        if not self.starts_at.data or not ends_at.data:
            return
        if problem := session_problem(self.starts_at.data, ends_at.data):
            raise ValidationError(problem)

    def planned(self, session: Session) -> PlannedSession:
        """The session with its changes."""
        details = SessionDetails(
            starts_at=self.starts_at.data,
            ends_at=self.ends_at.data,
            title=session.title,
            location=self.location.data,
            join_url=self.join_url.data or None,
        )
        return PlannedSession(details, session.id)


class InvitesForm(Form):
    """The choices about an event's invites."""

    asks_for_rsvp = YesOrNo(
        "Ask for an answer?",
        [Required("Choose yes or no.")],
        description="Calendars show Yes, Maybe and No, and you see the answers here.",
    )
    decline_frees_place = YesOrNo(
        "If somebody says No, give their place to the next person?",
        [Required("Choose yes or no.")],
        description="We cancel their registration and write to them. The person who has waited longest gets the place.",
    )
    reminder_minutes = WholeNumber(
        "Minutes from the reminder to the start",
        [Required("Give a number of minutes, or 0 for no reminder.")],
        lowest=0,
        highest=LONGEST_REMINDER_MINUTES,
        description="0 for no reminder.",
        render_kw={"inputmode": "numeric"},
    )
    organiser_name = Line("Organiser’s name in calendars")
    organiser_email = Email("Organiser’s e-mail address in calendars")

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        name, address = current_app.config["MAIL_FROM"]
        self.organiser_name.description = f"Leave this empty for {name or address}."
        self.organiser_email.description = (
            f"Leave this empty for {address}, which our mail comes from. Answers reach this list only then, "
            "and some calendars hide an invite from another address."
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """True if each setting is valid and they fit together."""
        if not super().validate(extra_validators):
            return False
        for name, sentence in validate_invites(Invites(**self.data)).items():
            self[name].errors = [sentence]
        return not self.errors


class EventForm(PageForm):
    """An event's title, sessions, registration and invites; for a draft, its address too.

    `event_form` adds `opens_at` and `closes_at`, which are read in the event's zone. `shown` holds digests of the
    values that the page showed.
    """

    shown = HiddenField()
    title = Line("Title", [Required("Give the event a title.")])
    slug = Line(
        "Name in its address",
        [Required("Give the event a name for its address.")],
        longest=LONGEST_SLUG,
        description="You can change it until the event is published.",
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )
    sessions: FieldList
    takes_registrations = YesOrNo("Take registrations?", [Required("Choose yes or no.")])
    opens_at: LocalDateTime
    closes_at: LocalDateTime
    invites = FormField(InvitesForm, separator=".")

    def validate_slug(self, slug: Line) -> None:
        """Raises ValidationError for anything but small letters, digits and single hyphens."""
        if not SLUG.fullmatch(slug.data):
            raise ValidationError(BAD_SLUG)

    def validate_closes_at(self, closes_at: LocalDateTime) -> None:
        """Raises ValidationError if registration would close before it opens."""
        if closes_too_early(self.opens_at.data, closes_at.data):
            raise ValidationError(CLOSES_TOO_EARLY)

    def details(self, event: Event) -> EventDetails:
        """The event's details with their changes."""
        return replace(
            event.details,
            title=self.title.data,
            slug=self.slug.data if "slug" in self else event.slug,
            takes_registrations=self.takes_registrations.data,
            opens_at=self.opens_at.data,
            closes_at=self.closes_at.data,
            invites=Invites(**self.invites.data),
        )

    def changed_meanwhile(self, event: Event) -> bool:
        """True if somebody else changed the event since the form was shown: the form then says what, and has the
        present values where nothing was typed."""
        present = event_form(event, formdata=None)
        sentences = merge(self, present, self.shown.data or "")
        self.form_errors += sentences
        self.shown.data = digests(present) if sentences else self.shown.data
        return bool(sentences)

    def planned_sessions(self, event: Event) -> tuple[PlannedSession, ...]:
        """The event's sessions with their changes. Sessions that the form leaves out stay as they are."""
        typed = {entry.form.id.data: entry.form for entry in self.sessions}
        return tuple(
            typed[str(session.id)].planned(session)
            if str(session.id) in typed
            else PlannedSession(session.details, session.id)
            for session in event.live_sessions
        )


def event_form(event: Event, **more: Any) -> EventForm:
    """The form for this event: what was sent, or else the event as it is."""
    as_it_is = {field.name: getattr(event, field.name) for field in fields(EventDetails)}
    form = _event_form(event.timezone)(data=as_it_is | {"sessions": event.live_sessions}, **more)
    if event.status is not EventStatus.DRAFT:
        del form.slug
    if not form.is_submitted() or more:
        form.shown.data = digests(form)
    return form


@lru_cache(maxsize=64)
def _event_form(timezone: str) -> type[EventForm]:
    class LocalSession(SessionForm):
        starts_at = LocalDateTime("Starts", [Required("Enter a date and a time.")], timezone=timezone)
        ends_at = LocalDateTime("Ends", [Required("Enter a date and a time.")], timezone=timezone)

    class LocalEvent(EventForm):
        sessions = FieldList(FormField(LocalSession))
        opens_at = LocalDateTime(
            "Registration opens",
            [Optional()],
            timezone=timezone,
            description="Leave this empty to take registrations at once.",
        )
        closes_at = LocalDateTime(
            "Registration closes",
            [Optional()],
            timezone=timezone,
            description="Leave this empty to take registrations until the event ends.",
        )

    return LocalEvent


def invites_warning(event: Event) -> str:
    """A sentence where answers to the event's invites do not reach us, or nothing."""
    _, sender = current_app.config["MAIL_FROM"]
    if not event.invites.asks_for_rsvp or answers_reach_us(event.invites, sender):
        return ""
    return (
        f"Answers to the invitation go to {event.invites.organiser_email}, not to this list. "
        "Leave the organiser’s address empty to see them here."
    )
