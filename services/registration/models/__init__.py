"""The source of truth: events, people, registrations, cohorts, consents, organisers."""

from services.registration.models.base import Heartbeat, Inbox, Outbox, db, queue
from services.registration.models.events import Event, Session
from services.registration.models.forms import Form
from services.registration.models.idempotency import IdempotencyKey
from services.registration.models.organisers import ApiKey, Organiser, SignIn
from services.registration.models.people import Person
from services.registration.models.placements import DecisionRecord, Placement, PlacementStatus
from services.registration.models.programmes import Cohort, Programme
from services.registration.models.registrations import Consent, Registration, Rsvp
from services.registration.models.timeline import TimelineEntry
from services.registration.rules.event_states import EventStatus

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
    "TimelineEntry",
    "db",
    "queue",
]
