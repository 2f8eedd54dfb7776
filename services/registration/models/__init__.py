"""What is true: events, people, registrations, cohorts, consents, organisers."""

from services.registration.models.access import ApiKey, IdempotencyKey, Organiser, SignIn
from services.registration.models.base import Heartbeat, Inbox, Outbox, db, queue
from services.registration.models.events import Event, EventStatus, Form, Session
from services.registration.models.people import Consent, Person, Registration, Rsvp, Tally, TimelineEntry
from services.registration.models.programmes import Cohort, DecisionRecord, Placement, PlacementStatus, Programme

__all__ = [
    "ApiKey",
    "Cohort",
    "Consent",
    "DecisionRecord",
    "Event",
    "EventStatus",
    "Form",
    "Heartbeat",
    "IdempotencyKey",
    "Inbox",
    "Organiser",
    "Outbox",
    "Person",
    "Placement",
    "PlacementStatus",
    "Programme",
    "Registration",
    "Rsvp",
    "Session",
    "SignIn",
    "Tally",
    "TimelineEntry",
    "db",
    "queue",
]
