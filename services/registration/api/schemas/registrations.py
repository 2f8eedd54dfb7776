"""Schemas of registrations, placements and timelines."""

from marshmallow import Schema, fields, validate

from services.registration.api.schemas.events import about, word
from services.registration.api.schemas.fields import Body, Text
from services.registration.models import PlacementStatus
from services.registration.rules.consents import WORDINGS
from services.registration.rules.invitation_answers import Said, Summary
from services.registration.rules.places import Status
from services.registration.web.applications import LANGUAGES

ANSWERS = about(
    "By question key: a text, or a list of values for `any of`.",
    additionalProperties={"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    example={"role": "Programme lead"},
)


class Application(Schema):
    """The body of a registration."""

    name = fields.String(required=True, metadata=about("One line.", example="Ada Example", maxLength=200))
    email = fields.String(
        required=True, metadata=about("The address we write to.", example="ada@example.org", format="email")
    )
    organisation = fields.String(metadata=about("One line.", maxLength=200))
    answers = fields.Dict(metadata=ANSWERS)
    consents = fields.List(
        fields.String(validate=validate.OneOf([wording.purpose for wording in WORDINGS])),
        required=True,
        metadata=about("What they agree to. " + " ".join(f"`{w.purpose}`: {w.text}" for w in WORDINGS)),
    )
    language = fields.String(validate=validate.OneOf(LANGUAGES), metadata=about("The language we write in."))


class Receipt(Schema):
    """The result of an application. It does not reveal whether the address was registered before."""

    status = word(Status, metadata=about("The status of a new registration at this moment."))
    message = fields.String(metadata=about("The same in a sentence."))
    id = fields.UUID(metadata=about("For organisers."))
    page_url = fields.String(metadata=about("The person's own page. For organisers.", format="uri"))


class CohortPlacement(Schema):
    """A person's placement in a cohort."""

    cohort = fields.String(metadata=about("The cohort's slug."))
    title = fields.String(metadata=about("The cohort's title."))
    status = word(PlacementStatus)
    asked = fields.Boolean(metadata=about("Whether they asked to join."))
    fits = fields.String(metadata=about("What the rules suggest."))
    room = fields.Boolean(allow_none=True, metadata=about("Whether there was a place left; null if not checked."))
    told = fields.String(allow_none=True, metadata=about("The last notice about it, or the status in it."))
    pinned = fields.Boolean(metadata=about("Whether an organiser decided; rules then only suggest."))
    reason = fields.String(metadata=about("Why."))


class SessionRsvp(Schema):
    """A person's answer to the invitation to one session."""

    session = fields.UUID(attribute="session_id", metadata=about("The session's id."))
    answer = word(Said, metadata=about("A No is unproved until its sender is known or the person confirms it."))
    comment = fields.String(metadata=about("Their comment, the person they send instead, or the time they propose."))
    answered_at = fields.AwareDateTime(attribute="stamped_at", metadata=about("As their calendar stamped it."))


class Registration(Schema):
    """A person at an event."""

    id = fields.UUID()
    event = fields.String(metadata=about("The event's slug."))
    status = word(Status)
    name = fields.String()
    email = fields.String()
    organisation = fields.String()
    language = fields.String()
    answers = fields.Dict(metadata=ANSWERS)
    consents = fields.List(fields.String(), metadata=about("What they agree to now."))
    rsvp = word(Summary, allow_none=True, metadata=about("What they answered; mixed where that differs by session."))
    rsvps = fields.List(fields.Nested(SessionRsvp), metadata=about("What they answered, by session."))
    attendance = fields.String(metadata=about("unknown, attended or absent."))
    registered_at = fields.AwareDateTime()
    cancelled_at = fields.AwareDateTime(allow_none=True)
    cancelled_by = fields.String(
        allow_none=True, metadata=about("registrant, organiser, api or system; null if it stands.")
    )
    placements = fields.List(fields.Nested(CohortPlacement))
    page_url = fields.String(metadata=about("The person's own page. The link needs no password: keep it private."))


class PageOfRegistrations(Schema):
    """A page of registrations, the newest first."""

    registrations = fields.List(fields.Nested(Registration))
    previous_cursor = fields.String(
        allow_none=True, metadata=about("The `cursor` of the previous page; null on the first.")
    )
    next_cursor = fields.String(allow_none=True, metadata=about("The `cursor` of the next page; null on the last."))
    total = fields.Integer(metadata=about("How many registrations match, on all pages."))


class RegistrationChanges(Body):
    """Changes of a registration. Fields that are left out stay as they are."""

    name = fields.String(metadata=about("One line."))
    email = fields.String(metadata=about("Where we write from now on.", example="ada@example.org", format="email"))
    organisation = fields.String(metadata=about("One line."))
    answers = fields.Dict(
        keys=fields.String(), metadata=about("By question key; the others stay. null removes an answer.")
    )


class Decision(Body):
    """An organiser's decision about a person and a cohort. Rules no longer change it."""

    cohort = fields.String(required=True, metadata=about("The slug of a cohort of the event's programme."))
    decision = fields.String(
        required=True,
        validate=validate.OneOf(("place", "decline"), error="Choose place or decline."),
        metadata=about("The person is notified of either."),
    )
    reason = Text(2000, load_default="", metadata=about("The person reads it; required to decline."))


class TimelineEntry(Schema):
    """Something that happened."""

    id = fields.UUID()
    at = fields.AwareDateTime()
    what = fields.String(metadata=about("What happened.", example="registered"))
    actor = fields.String(metadata=about("Who did it: registrant, rules, system, organiser or api, and which one."))
    detail = fields.Dict()


class Timeline(Schema):
    """All that happened to a registration, the oldest first."""

    entries = fields.List(fields.Nested(TimelineEntry))


class CohortState(Schema):
    """A cohort of a programme, and its number of people."""

    slug = fields.String()
    title = fields.String()
    capacity = fields.Integer(allow_none=True, metadata=about("null for no limit."))
    placements = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata=about("How many people, by status.")
    )


class Cohorts(Schema):
    """A programme's cohorts, in their order."""

    programme = fields.String()
    cohorts = fields.List(fields.Nested(CohortState))
