"""Reads answers to invites from mails (RFC 5546, RFC 6047) in the shapes of all mail programs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from typing import Any

from icalendar import Calendar, Component

from services.calendar.rules.calendar_text import MOST_COMPONENTS, Malformed, calendars_in, needed_lines
from services.calendar.rules.invite import digest_of
from services.calendar.rules.mails import Unreadable, text_parts
from services.calendar.rules.senders import Sender, Untrusted, sender_of
from shared.contracts.receipts import Answer

MOST_BYTES = 1024 * 1024
LONGEST_UID = 255
LONGEST_COMMENT = 1000
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
PLAIN_ANSWERS = (Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED, Answer.DELEGATED)


class Ignored(Exception):
    """A mail, or an answer in it, changes nothing. The reason names nobody."""


@dataclass(frozen=True)
class Reply:
    """One person's answer to one invite, by the digest of their address.

    `stamped_at` is the reply's DTSTAMP (UTC), but never after its receipt. `sequence` is the SEQUENCE of the version
    that it answers, None if it names none. `recurrence_id` names the occurrence of a series that the answer is about,
    by its start (UTC, or local if naive) or its day; None means all of it. `proposes` is the time (UTC) that the person
    would prefer. `proved` is true if the receiving server proved that the answer comes from this address.
    """

    uid: str
    attendee: str
    answer: Answer
    stamped_at: datetime
    sequence: int | None = None
    recurrence_id: date | None = None
    comment: str = ""
    proposes: tuple[datetime, datetime] | None = None
    proved: bool = False


@dataclass(frozen=True)
class Asked:
    """What an invite asks, and of whom.

    `invited` is the digest of the invited address. `sequence` and `at` (UTC) are those of the first version with the
    present times; answers to earlier versions are stale. `is_withdrawn` means that the invite was cancelled.
    """

    invited: str
    sequence: int
    at: datetime
    is_withdrawn: bool = False


@dataclass(frozen=True)
class Known:
    """The last answer that counted, with its DTSTAMP (UTC)."""

    answer: Answer
    stamped_at: datetime
    proved: bool


def replies_in(raw: bytes, *, received_at: datetime, trusted_authserv_id: str | None = None) -> list[Reply]:
    """The answers in a mail that was received at `received_at` (UTC). Raises Ignored, and nothing else, without any.

    Each is from the attendee it names. A calendar text that cannot be read does not spoil another one in the mail.
    """
    if len(raw) > MOST_BYTES:
        raise Ignored("the message is larger than 1 MiB")
    reasons: list[str] = []  # why some text in the mail holds no answer
    replies: dict[Reply, None] = {}
    try:
        mail = message_from_bytes(raw, policy=policy.compat32)
        texts = text_parts(mail)
        sender = sender_of(mail, trusted_authserv_id)
        for calendar in _calendars(texts, sender, reasons):
            for event, is_counter in _answered_events(calendar, reasons):
                with _noting(reasons):
                    replies[_reply_of(event, sender, received_at, is_counter=is_counter)] = None
    except (Unreadable, Untrusted) as error:
        raise Ignored(str(error)) from error
    except Exception as error:  # strangers can send anything, and the next mail must still be read
        raise Ignored(f"the message cannot be read: {type(error).__name__}") from error
    if not replies:
        raise Ignored(reasons[0] if reasons else "there is no answer to an invitation in it")
    return list(replies)


def objection_to(reply: Reply, asked: Asked, known: Known | None) -> str | None:
    """The reason why a reply does not count, or None if it does (RFC 5546, 3.2.3; RFC 5545, 3.8.7.4)."""
    if reply.attendee != asked.invited:
        return "the attendee is not whom we invited"
    if asked.is_withdrawn:
        return "the invite has been withdrawn"
    if reply.stamped_at < asked.at if reply.sequence is None else reply.sequence < asked.sequence:
        return "it answers an earlier invite"
    if known and reply.stamped_at < known.stamped_at:
        return "a later answer is known"
    is_same = known and (known.answer, known.stamped_at) == (reply.answer, reply.stamped_at)
    if known and is_same and (known.proved or not reply.proved):
        return "it is known already"
    return None


def _calendars(texts: list[str], sender: Sender, reasons: list[str]) -> Iterator[str]:
    """The calendars in a mail, cut down to what an answer needs; the reasons against others are added to `reasons`."""
    found = (calendar for text in texts for calendar in calendars_in(text))
    budget = MOST_COMPONENTS
    for calendar in found:
        budget -= 1
        if budget < 0:
            reasons.append("the message has too many calendars")
            return
        try:
            lines = needed_lines(calendar, sender.addresses)
        except Malformed as error:
            reasons.append(str(error))
            continue
        budget -= lines.count("BEGIN:VEVENT\r\n")
        yield lines


def _answered_events(text: str, reasons: list[str]) -> Iterator[tuple[Component, bool]]:
    """The events of a reply or a counter-proposal, with True for the latter; other calendars hold no answers."""
    with _noting(reasons):
        calendar: Any = Calendar.from_ical(text)
        method = str(calendar.get("METHOD", "")).upper()
        if method in ("REPLY", "COUNTER"):
            yield from ((event, method == "COUNTER") for event in calendar.walk("VEVENT"))


@contextmanager
def _noting(reasons: list[str]) -> Iterator[None]:
    """Add the reason to `reasons` if something in the mail cannot be read, because the rest may be readable."""
    try:
        yield
    except Ignored as error:
        reasons.append(str(error))
    except Exception as error:
        reasons.append(f"the calendar cannot be read: {type(error).__name__}")


def _reply_of(event: Component, sender: Sender, received_at: datetime, *, is_counter: bool) -> Reply:
    uid = str(event.get("UID", "")).strip()
    if not uid or len(uid) > LONGEST_UID or CONTROLS.search(uid):
        raise Ignored("the calendar has no usable UID")
    stamped_at = _instant(event, "DTSTAMP")
    if stamped_at is None:
        raise Ignored("the answer has no time")
    attendee = event.get("ATTENDEE")
    answer = None if attendee is None else Answer.COUNTER if is_counter else _answer_of(attendee)
    if answer is None:
        raise Ignored("there is no answer to an invitation in it")
    digest = digest_of(_address_of(attendee))
    if digest not in map(digest_of, sender.addresses):
        raise Ignored("the mail does not come from the attendee")
    return Reply(
        uid=uid,
        attendee=digest,
        answer=answer,
        stamped_at=min(stamped_at, received_at.replace(microsecond=0)),
        sequence=_sequence(event),
        recurrence_id=_recurrence_id(event),
        comment=_comment(event, attendee, answer),
        proposes=_proposed_time(event) if is_counter else None,
        proved=sender.proved is not None and digest == digest_of(sender.proved),
    )


def _answer_of(attendee: Any) -> Answer | None:
    said = str(attendee.params.get("PARTSTAT", "")).lower()
    return next((answer for answer in PLAIN_ANSWERS if answer == said), None)


def _address_of(attendee: Any) -> str:
    """The attendee's mail address. Some calendars state it as EMAIL and have another URI as the value."""
    address = str(attendee)
    is_mail = address[:7].lower() == "mailto:" or ("@" in address and ":" not in address)
    return address if is_mail else str(attendee.params.get("EMAIL", ""))


def _sequence(event: Component) -> int | None:
    value = event.get("SEQUENCE")
    return value if isinstance(value, int) else None


def _recurrence_id(event: Component) -> date | None:
    """The occurrence that an answer is about. One that cannot be read must not turn into an answer to all of them."""
    if "RECURRENCE-ID" not in event:
        return None
    value = getattr(event["RECURRENCE-ID"], "dt", None)
    if not isinstance(value, date):
        raise Ignored("the RECURRENCE-ID cannot be read")
    is_aware = isinstance(value, datetime) and value.tzinfo is not None
    return value.astimezone(UTC) if isinstance(value, datetime) and is_aware else value


def _comment(event: Component, attendee: Any, answer: Answer) -> str:
    """The person's comment, and the delegate's address."""
    said = [str(comment).strip() for comment in _listed(event.get("COMMENT"))]
    note = str(attendee.params.get("X-RESPONSE-COMMENT", "")).strip()  # where Google puts it
    if not any(note in comment for comment in said):
        said.append(note)
    if answer is Answer.DELEGATED:
        delegates = _listed(attendee.params.get("DELEGATED-TO"))
        said += [re.sub(r"(?i)^mailto:", "", str(delegate)) for delegate in delegates]
    return CONTROLS.sub("", "\n".join(line for line in said if line))[:LONGEST_COMMENT]


def _proposed_time(event: Component) -> tuple[datetime, datetime] | None:
    starts_at, ends_at = _instant(event, "DTSTART"), _instant(event, "DTEND")
    return (starts_at, max(ends_at or starts_at, starts_at)) if starts_at else None


def _instant(event: Component, name: str) -> datetime | None:
    """A property with a time, in UTC. A time without a zone counts as UTC; a date is no instant."""
    value = getattr(event.get(name), "dt", None)
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
