"""Reads answers to invites from mails (RFC 5546, RFC 6047) in the shapes of all mail programs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message as Mail
from typing import Any

from icalendar import Calendar, Component

from services.calendar.rules.invite import digest_of
from shared.contracts.receipts import Answer

MOST_BYTES = 1024 * 1024
MOST_COMPONENTS = 50
DEEPEST_NESTING = 5
LONGEST_UID = 255
LONGEST_COMMENT = 1000

CALENDAR_TYPES = ("text/calendar", "application/ics", "text/x-vcalendar", "application/calendar")
TNEF_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
REPORT_TYPES = ("multipart/report", "message/delivery-status", "message/disposition-notification")
AUTOREPLY_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


PLAIN_ANSWERS = (Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED, Answer.DELEGATED)


class Ignored(Exception):
    """A mail, or an answer in it, changes nothing. The reason names nobody."""


@dataclass(frozen=True)
class Reply:
    """One person's answer to one invite, by the digest of their address.

    `recurrence_id` is the slot (UTC) of a series that the answer is about, None where it is about all of
    it; `stamped_at` the reply's DTSTAMP (UTC); `proposes` is the time (UTC) that they would rather have.
    """

    uid: str
    attendee: str
    answer: Answer
    stamped_at: datetime
    recurrence_id: datetime | None = None
    comment: str = ""
    proposes: tuple[datetime, datetime] | None = None


def replies_in(raw: bytes) -> list[Reply]:
    """The answers that a mail holds. Raises Ignored, and nothing else, where it holds none."""
    if len(raw) > MOST_BYTES:
        raise Ignored("the message is larger than 1 MiB")
    try:
        mail = message_from_bytes(raw, policy=policy.compat32)
        parts = list(_parts(mail))
        _refuse_automatic(mail, parts)
        texts = dict.fromkeys(_text_of(part) for part in parts if _may_hold_calendar(part))
        replies = [reply for text in texts if "BEGIN:VCALENDAR" in text.upper() for reply in _replies_of(text)]
    except Ignored:
        raise
    except Exception as error:  # strangers can send anything, and the next mail must still be read
        raise Ignored(f"the message cannot be read: {type(error).__name__}") from error
    if not replies and any(part.get_content_type() in TNEF_TYPES for part in parts):
        raise Ignored("it is in Outlook's own format (TNEF)")
    if not replies:
        raise Ignored("there is no answer to an invitation in it")
    return list(dict.fromkeys(replies))


def objection_to(reply: Reply, *, invited: str, answer: str | None, stamped_at: datetime | None) -> str | None:
    """The reason why a reply does not count, or None if it does.

    `invited` is the digest of the invited address. `answer` and `stamped_at` (UTC) are those of the last reply.
    """
    if reply.attendee != invited:
        return "the attendee is not whom we invited"
    if stamped_at and reply.stamped_at < stamped_at:
        return "a later answer is known"
    if stamped_at == reply.stamped_at and answer == reply.answer:
        return "it is known already"
    return None


def _parts(mail: Mail, depth: int = 0) -> Iterator[Mail]:
    """The mail and all parts in it, outermost first."""
    if depth > DEEPEST_NESTING:
        raise Ignored("the message is nested too deeply")
    yield mail
    if mail.is_multipart():
        for part in mail.get_payload():
            if isinstance(part, Mail):
                yield from _parts(part, depth + 1)


def _refuse_automatic(mail: Mail, parts: list[Mail]) -> None:
    """Refuse mails that no person sent: bounces, read receipts and out-of-office replies (RFC 3464, RFC 3834).

    `Auto-Submitted: auto-generated` passes, because web calendars mark the answers they send for people with it.
    """
    if len(parts) > MOST_COMPONENTS:
        raise Ignored("the message has too many parts")
    if any(part.get_content_type() in REPORT_TYPES for part in parts):
        raise Ignored("it is a delivery report")
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(mail.get("Precedence", "")).strip().lower()
    is_marked = any(header in mail for header in AUTOREPLY_HEADERS)
    if submitted not in ("no", "auto-generated") or precedence == "auto_reply" or is_marked:
        raise Ignored("it is an automatic reply")


def _may_hold_calendar(part: Mail) -> bool:
    if part.is_multipart():
        return False
    kind, name = part.get_content_type(), part.get_filename() or ""
    return kind in (*CALENDAR_TYPES, "text/plain") or name.lower().endswith((".ics", ".vcs"))


def _text_of(part: Mail) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        return content.decode("utf-8", errors="replace")


def _replies_of(text: str) -> Iterator[Reply]:
    """The answers in one calendar text; others than replies and counter-proposals hold none."""
    start = text.upper().index("BEGIN:VCALENDAR")
    text = text[start:].lstrip("\ufeff")
    _refuse_excess(text)
    for calendar in Calendar.from_ical(text, multiple=True):
        method = str(calendar.get("METHOD", "")).upper()
        if method in ("REPLY", "COUNTER"):
            for event in calendar.walk("VEVENT"):
                yield from _answers_of(event, is_counter=method == "COUNTER")


def _refuse_excess(text: str) -> None:
    """Count components before they are parsed, so that nobody can make the parser work for nothing."""
    count = depth = 0
    for line in text.splitlines():
        word = line[:6].upper()
        if word == "BEGIN:":
            count, depth = count + 1, depth + 1
        elif line[:4].upper() == "END:":
            depth -= 1
        if count > MOST_COMPONENTS or depth > DEEPEST_NESTING:
            raise Ignored("the calendar has too many components")


def _answers_of(event: Component, *, is_counter: bool) -> Iterator[Reply]:
    uid = str(event.get("UID", "")).strip()
    if not uid or len(uid) > LONGEST_UID or CONTROLS.search(uid):
        raise Ignored("the calendar has no usable UID")
    stamped_at = _instant(event, "DTSTAMP")
    if stamped_at is None:
        raise Ignored("the answer has no time")
    for attendee in _listed(event.get("ATTENDEE")):
        answer = Answer.COUNTER if is_counter else _answer_of(attendee)
        if answer:
            yield Reply(
                uid=uid,
                attendee=digest_of(_address_of(attendee)),
                answer=answer,
                stamped_at=stamped_at,
                recurrence_id=_instant(event, "RECURRENCE-ID"),
                comment=_comment(event, attendee, answer),
                proposes=_proposed_time(event) if is_counter else None,
            )


def _answer_of(attendee: Any) -> Answer | None:
    said = str(attendee.params.get("PARTSTAT", "")).lower()
    return next((answer for answer in PLAIN_ANSWERS if answer == said), None)


def _address_of(attendee: Any) -> str:
    """The attendee's mail address. Some calendars state it as EMAIL and have another URI as the value."""
    address = str(attendee)
    is_mail = address[:7].lower() == "mailto:" or ("@" in address and ":" not in address)
    return address if is_mail else str(attendee.params.get("EMAIL", ""))


def _comment(event: Component, attendee: Any, answer: Answer) -> str:
    """The person's comment, and the delegate's address."""
    said = [str(comment).strip() for comment in _listed(event.get("COMMENT"))]
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
