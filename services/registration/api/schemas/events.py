"""Schemas of events, with the texts of the API's description."""

from enum import StrEnum
from typing import Any

from marshmallow import Schema, fields, validate

from services.registration.api.schemas.fields import Body, EmailAddress, Line, LocalTime, Text, WebAddress, Whole, Zone
from services.registration.models import EventStatus, PlacementStatus
from services.registration.notices.markdown import LONGEST_DESCRIPTION
from services.registration.rules.conditions import Operator
from services.registration.rules.event_states import EventState
from services.registration.rules.events import BAD_SLUG, LONGEST_SLUG, SLUG
from services.registration.rules.invitation_answers import Summary
from services.registration.rules.invites import LONGEST_REMINDER_MINUTES
from services.registration.rules.places import Status
from services.registration.rules.questions import MOST_QUESTIONS, Type

MOST_SESSIONS, MOST_PLACES, PAGE, LARGEST_PAGE = 100, 1_000_000, 50, 200


def word(kind: type[StrEnum], **options: Any) -> fields.String:
    """One of a few words."""
    words = [str(one) for one in kind]
    return fields.String(validate=validate.OneOf(words, error=f"Choose one of {', '.join(words)}."), **options)


def about(description: str, **more: Any) -> dict[str, Any]:
    """The metadata of a field in the API's description."""
    return {"description": description, **more}


class Session(Body):
    """One session of an event."""

    id = fields.UUID(metadata=about("The id of one of the event's sessions; only when changing an event."))
    title = Line(load_default="", metadata=about("Where an event has several sessions."))
    starts_at = LocalTime(required=True, metadata=about("When it starts, in the event's time zone."))
    ends_at = LocalTime(required=True, metadata=about("When it ends; after it starts.", example="2030-11-04T14:00"))
    starts_at_utc = fields.AwareDateTime(dump_only=True, metadata=about("The same, as an instant."))
    ends_at_utc = fields.AwareDateTime(dump_only=True, metadata=about("The same, as an instant."))
    location = Line(300, load_default="", metadata=about("Where it is; empty for one held online."))
    join_url = WebAddress(
        load_default=None,
        allow_none=True,
        metadata=about("Where to join; shown to organisers, and sent to people with a place."),
    )


class Option(Body):
    """An option of a question."""

    value = Line(required=True, metadata=about("What an answer holds."))
    label = Line(required=True, metadata=about("What people see."))


class Condition(Body):
    """One test of an earlier answer. A blank answer meets only "is blank"."""

    fact = fields.String(required=True, metadata=about("The key of an earlier question."))
    test = word(Operator, required=True, metadata=about("The comparison."))
    values = fields.List(Line(), load_default=list, metadata=about("The values to compare with."))


class Question(Body):
    """A question on an event's form."""

    key = Line(80, required=True, metadata=about("Letters, digits and underscores; the key of its answers."))
    label = Line(300, required=True, metadata=about("The question, as people see it."))
    type = word(Type, metadata=about("How it is answered; text unless said otherwise."))
    help = Line(500, metadata=about("A sentence under the question."))
    options = fields.List(Whole(Option), metadata=about("What can be chosen, for `one of` and `any of`."))
    required = fields.Boolean(metadata=about("Whether an answer must be given if the question is asked."))
    shown_when = fields.List(Whole(Condition), metadata=about("Asked only if all of these hold."))
    purpose = Line(300, metadata=about("What the answer is for."))
    autocomplete = Line(80, metadata=about("The HTML autocomplete token."))


class Invites(Body):
    """An organiser's choices about an event's invites. Fields that are left out stay, or have their defaults."""

    asks_for_rsvp = fields.Boolean(metadata=about("Whether calendars show Yes, Maybe and No.", default=True))
    decline_frees_place = fields.Boolean(
        metadata=about("Whether a No cancels the registration, so that the next person gets the place.", default=False)
    )
    reminder_minutes = fields.Integer(
        strict=True,
        validate=validate.Range(0, LONGEST_REMINDER_MINUTES),
        metadata=about("How long before each session calendars remind; 0 for no reminder.", default=15),
    )
    organiser_name = Line(metadata=about("Whom calendars show as the organiser; empty for the sender of our mail."))
    organiser_email = EmailAddress(
        metadata=about("Where calendars send answers; empty for the sender of our mail. We receive answers only there.")
    )


class Event(Body):
    """An event: a webinar or a meeting of one session or several."""

    id = fields.UUID(dump_only=True)
    slug = Line(
        LONGEST_SLUG,
        required=True,
        validate=validate.Regexp(f"^{SLUG.pattern}$", error=BAD_SLUG),
        metadata=about("Its name in addresses; it can change until it is published.", example="spring-webinar"),
    )
    title = Line(required=True, metadata=about("What people see.", example="Spring webinar"))
    description = Text(LONGEST_DESCRIPTION, load_default="", metadata=about("Markdown."))
    timezone = Zone(required=True, metadata=about("Its IANA time zone.", example="Europe/London"))
    status = word(EventStatus, dump_only=True, metadata=about("Only a published event takes registrations."))
    state = word(
        EventState,
        dump_only=True,
        metadata=about("What it is at this moment. Only `open` and `waiting_list` take registrations."),
    )
    message = fields.String(
        dump_only=True, metadata=about("A sentence about the state, for people; empty while it is open.")
    )
    sessions = fields.List(
        Whole(Session),
        required=True,
        validate=validate.Length(1, MOST_SESSIONS, error=f"Give between 1 and {MOST_SESSIONS} sessions."),
        metadata=about("The sessions that will happen. When changing an event these replace its sessions."),
    )
    capacity = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(1, MOST_PLACES, error=f"Give a number from 1 to {MOST_PLACES:,}, or null."),
        metadata=about("How many places there are; null for no limit."),
    )
    waitlist = fields.Boolean(
        load_default=True, metadata=about("Whether people can wait for a place when all are taken.")
    )
    takes_registrations = fields.Boolean(
        load_default=True, metadata=about("Whether people can register. False closes registration.")
    )
    opens_at = LocalTime(
        load_default=None,
        allow_none=True,
        metadata=about("When registration opens, in the event's zone; null: at once."),
    )
    closes_at = LocalTime(
        load_default=None,
        allow_none=True,
        metadata=about("When registration closes, in the event's zone; null: when the event ends."),
    )
    programme = fields.String(load_default=None, allow_none=True, metadata=about("The slug of the event's programme."))
    invites = fields.Nested(Invites, metadata=about("For organisers."))
    questions = fields.List(
        Whole(Question),
        load_default=list,
        validate=validate.Length(max=MOST_QUESTIONS, error=f"A form has at most {MOST_QUESTIONS} questions."),
        metadata=about("What the form asks beside name, address and organisation."),
    )
    url = fields.String(dump_only=True, metadata=about("Its public page.", format="uri"))
    places_taken = fields.Integer(dump_only=True, metadata=about("Counted if there is a capacity; for organisers."))
    waiting = fields.Integer(dump_only=True, metadata=about("Counted if there is a capacity; for organisers."))
    created_at = fields.AwareDateTime(dump_only=True, metadata=about("For organisers."))
    published_at = fields.AwareDateTime(dump_only=True, metadata=about("For organisers."))


class EventChanges(Event):
    """Changes of an event. Fields that are left out stay as they are."""


class EventSummary(Event):
    """An event without its questions."""

    class Meta(Body.Meta):
        exclude = ("questions",)


class PageOfEvents(Schema):
    """A page of events, by their next sessions."""

    events = fields.List(fields.Nested(EventSummary))
    previous_cursor = fields.String(
        allow_none=True, metadata=about("The `cursor` of the previous page; null on the first.")
    )
    next_cursor = fields.String(allow_none=True, metadata=about("The `cursor` of the next page; null on the last."))
    total = fields.Integer(metadata=about("How many events there are, on all pages."))


class Paging(Schema):
    """The page to return."""

    cursor = fields.String(metadata=about("The `next_cursor` or `previous_cursor` of another page."))
    limit = fields.Integer(
        load_default=PAGE,
        validate=validate.Range(1, LARGEST_PAGE, error=f"Ask for 1 to {LARGEST_PAGE} at a time."),
        metadata=about("The most in one page."),
    )


class PagedEvents(Paging):
    """Which events, and which page of them."""

    past = fields.String(
        load_default="no",
        validate=validate.OneOf(("yes", "no"), error="Choose yes or no."),
        metadata=about("Whether to list events that are over, in place of those to come."),
    )


class Publication(Body):
    """The publication of an event."""

    even_if_over = fields.Boolean(
        load_default=False, metadata=about("Publish it although its last session has ended; 422 otherwise.")
    )


class Cancellation(Body):
    """The cancellation of an event."""

    reason = Text(2000, load_default="", metadata=about("Sent to everyone with an active registration."))


class AttendeeFilters(Schema):
    """Which attendees."""

    status = fields.String(
        load_default="",
        validate=validate.OneOf(("", *Status), error=f"Choose one of {', '.join(Status)}."),
        metadata=about("The status of the registration."),
    )
    cohort = fields.String(load_default="", metadata=about("The slug of a cohort that they are in or asked to join."))
    cohort_status = fields.String(
        load_default="",
        validate=validate.OneOf(("", *PlacementStatus), error=f"Choose one of {', '.join(PlacementStatus)}."),
        metadata=about(
            "The status in that cohort; without `cohort`, in any of the programme's. `in review` leaves out cancelled "
            "registrations, because there is nothing to decide."
        ),
    )
    rsvp = fields.String(
        load_default="",
        validate=validate.OneOf(("", *Summary), error=f"Choose one of {', '.join(Summary)}."),
        metadata=about("What they answered to the invitation; mixed where that differs by session."),
    )
    q = Line(load_default="", metadata=about("Words to find in name, address and organisation."))


class PagedFilters(AttendeeFilters, Paging):
    """Which attendees, and which page of them."""


class ExportFilters(AttendeeFilters):
    """Which attendees, and which columns."""

    columns = fields.String(
        load_default="", metadata=about("Names of columns, with commas between; in this order. All when left out.")
    )
    labels = fields.String(
        load_default="no",
        validate=validate.OneOf(("yes", "no"), error="Choose yes or no."),
        metadata=about("Whether questions, options and statuses are in words, in place of keys and codes."),
    )
