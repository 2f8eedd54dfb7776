"""Creates the notices that are owed to people, in the transaction of the change that they state."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.registration.models import Event, EventStatus, Registration, Session, queue
from services.registration.notices import links
from services.registration.notices.markdown import plain_text
from services.registration.rules.event_states import listing_note
from shared.contracts import Message, encode
from shared.contracts.listings import EventListed, Listing
from shared.contracts.notices import EventFacts, InviteFacts, Kind, MailDue, Notice, NoticeDue, Recipient, SessionFacts
from shared.database.utc import now
from shared.messaging import outbox

CALENDAR, NOTIFICATIONS = "calendar", "notifications"
PAUSE_BETWEEN_REMINDERS = timedelta(minutes=15)
PAUSE_BETWEEN_QUESTIONS = timedelta(days=1)


def notify(
    registration: Registration, kind: Kind, *, bulk: bool = False, next_steps: tuple[str, ...] = (), reason: str = ""
) -> None:
    """Owe the person a notice of their registration's status. It supersedes any earlier one still in the outbox.

    Nobody is written to about an event that is over.
    """
    if registration.event.is_over:
        return
    registration.ordinal += 1
    registration.notified_revision = registration.event.revision
    message = NoticeDue(notice=_notice(registration, kind, next_steps=next_steps, reason=reason))
    _owe(CALENDAR, message, str(registration.id), registration.ordinal, bulk=bulk)


def notify_already_registered(registration: Registration) -> bool:
    """Owe a person who registers again the link to their own page, but not more often than every 15 minutes.

    Returns False if we sent it less than 15 minutes ago.
    """
    at = now()
    if registration.reminded_at is not None and at - registration.reminded_at < PAUSE_BETWEEN_REMINDERS:
        return False
    registration.reminded_at = at
    message = MailDue(notice=_notice(registration, Kind.ALREADY_REGISTERED))
    _owe(NOTIFICATIONS, message, f"reminder {registration.id}", int(at.timestamp()))
    return True


def ask_about_no(registration: Registration) -> None:
    """Owe the person a question: did they say No to the invitation? At most once a day, for anyone can forge a No."""
    at = now()
    if registration.asked_about_no_at is not None and at - registration.asked_about_no_at < PAUSE_BETWEEN_QUESTIONS:
        return
    registration.asked_about_no_at = at
    message = MailDue(notice=_notice(registration, Kind.UNPROVED_NO))
    _owe(NOTIFICATIONS, message, f"no {registration.id}", int(at.timestamp()))


def notify_of_placement(
    registration: Registration, kind: Kind, *, cohort_id: UUID, cohort: str, welcome: str, reason: str
) -> None:
    """Owe the person a notice of the decision about a cohort. A notice supersedes only those about the same cohort."""
    notice = _notice(registration, kind, topic=cohort, next_steps=(welcome,) if welcome else (), reason=reason)
    key = f"placement {registration.id} {cohort_id}"
    _owe(NOTIFICATIONS, MailDue(notice=notice), key, int(now().timestamp() * 1000))


def addressed_to(registration: Registration) -> dict[str, Any]:
    """The parts of a stored notice that depend on the person's address, as they are now."""
    current = encode(MailDue(notice=_notice(registration, Kind.CONFIRMED)))["notice"]
    return {name: current[name] for name in ("recipient", "page_url", "feed_url")}


def list_event(event: Event) -> None:
    """Owe the public calendars what they may show of an event."""
    note = listing_note(event.details, is_full=event.is_full, at=now())
    facts = replace(event_facts(event, with_join_links=False), registration=note)
    message = EventListed(event=facts, status=Listing(event.status), stated_at=now())
    _owe(CALENDAR, message, str(event.id), event.version)


def sample(event: Event, kind: Kind, registration_id: str, to: Recipient) -> NoticeDue:
    """An example of the notice that a registrant would get, for preview. Its id belongs to no registration."""
    holds_place = kind is Kind.CONFIRMED
    notice = Notice(
        kind=kind,
        registration_id=registration_id,
        stated_at=now().replace(microsecond=0),
        recipient=to,
        event=event_facts(event, with_join_links=holds_place),
        page_url=links.preview_page(event),
        feed_url=links.feed_of(to.person_id, event),
        holds_place=holds_place,
        add_url=links.add_to_calendar(event),
    )
    return NoticeDue(notice=notice)


def send_sample(due: NoticeDue, ordinal: int) -> None:
    """Send a sample through the outbox, as every notice."""
    _owe(CALENDAR, due, due.notice.registration_id, ordinal)


def event_facts(event: Event, *, with_join_links: bool) -> EventFacts:
    """The event as a notice states it."""
    return EventFacts(
        id=str(event.id),
        slug=event.slug,
        title=event.title,
        url=links.event_page(event),
        timezone=event.timezone,
        description=plain_text(event.description),
        sessions=tuple(_session_facts(session, with_join_links) for session in event.sessions),
        invites=InviteFacts(**asdict(event.invites)),
    )


def _session_facts(session: Session, with_join_links: bool) -> SessionFacts:
    return SessionFacts(
        id=str(session.id),
        title=session.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        location=session.location,
        join_url=session.join_url if with_join_links else None,
        cancelled=session.cancelled_at is not None,
    )


def _notice(
    registration: Registration,
    kind: Kind,
    *,
    topic: str = "",
    next_steps: tuple[str, ...] = (),
    reason: str = "",
) -> Notice:
    event = registration.event
    holds_place = registration.holds_place and event.status != EventStatus.CANCELLED
    return Notice(
        kind=kind,
        registration_id=str(registration.id),
        stated_at=now().replace(microsecond=0),
        recipient=Recipient(
            person_id=str(registration.person_id),
            name=registration.name,
            email=registration.person.email,
            language=registration.language,
        ),
        event=event_facts(event, with_join_links=holds_place),
        page_url=links.own_page(registration),
        feed_url=links.personal_feed(registration),
        holds_place=holds_place,
        next_steps=next_steps,
        changes=tuple(event.changes) if kind is Kind.CHANGED else (),
        status=registration.status,
        add_url=links.add_to_calendar(event),
        topic=topic,
        by_organisers=registration.cancelled_by_organisers,
        reason=reason or (event.cancel_reason if kind is Kind.EVENT_CANCELLED else ""),
    )


def _owe(to: str, message: Message, key: str, ordinal: int, *, bulk: bool = False) -> None:
    outbox.owe(queue, to, message, key=key, ordinal=ordinal, bulk=bulk)
