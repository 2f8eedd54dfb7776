"""The next version of an invite: a pure function of the last version sent and of the present facts (RFC 5546)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from services.calendar.rules.invite_plan import Part
from shared.contracts.notices import EventFacts, Method, SessionFacts


@dataclass(frozen=True)
class Sent:
    """The last version sent: its method, SEQUENCE and fingerprint, and the time of its notice (UTC)."""

    method: Method
    sequence: int
    shown: str
    stated_at: datetime


@dataclass(frozen=True)
class Truth:
    """The present facts: the fingerprint of what to show, or None for nothing, as stated at `stated_at` (UTC)."""

    shown: str | None
    stated_at: datetime


@dataclass(frozen=True)
class Step:
    """What to send: an invite with this method and SEQUENCE, or none if there is no method.

    `again` means the same bytes as last time.
    """

    method: Method | None = None
    sequence: int = 0
    again: bool = False


def next_step(last_sent: Sent | None, true_now: Truth) -> Step:
    """Decide which invite to send next.

    SEQUENCE rises with every change, including a withdrawal, and stays for a repetition. A person who was never invited
    gets no withdrawal. A withdrawal is repeated only for the same notice.
    """
    if last_sent is None:
        return Step(Method.REQUEST, 0) if true_now.shown else Step()

    again = Step(last_sent.method, last_sent.sequence, again=True)
    is_shown = last_sent.method is Method.REQUEST
    if true_now.shown is None:
        if is_shown:
            return Step(Method.CANCEL, last_sent.sequence + 1)
        return again if last_sent.stated_at == true_now.stated_at else Step()
    if is_shown and last_sent.shown == true_now.shown:
        return again
    return Step(Method.REQUEST, last_sent.sequence + 1)


def asks_anew(last_method: Method | None, before: EventFacts, part: Part, *, other_address: bool) -> bool:
    """True if a new version asks for an answer again: the first one, one after a withdrawal, one with a new time, and
    one to another address than the last.

    If only words change, the answer that is known stays (RFC 5546, 3.2.2.1). `before` is the event as last sent.
    """
    known = {(session.id, session.starts_at, session.ends_at) for session in before.sessions if not session.cancelled}
    times = {(session.id, session.starts_at, session.ends_at) for session in part.live_sessions}
    return last_method is not Method.REQUEST or other_address or not times <= known


def uid_of(registration_id: str, part_id: str, sender: str) -> str:
    """The UID of the invite to one part of one registration. It never changes and is never used for another.

    It ends in the domain of `sender`, the address that our mails come from.
    """
    return f"{registration_id}-{part_id}@{_domain(sender)}"


def public_uid_of(session_id: str, sender: str) -> str:
    """The UID of a session in public feeds."""
    return f"{session_id}@{_domain(sender)}"


def fingerprint(event: EventFacts, part: Part, invited: str) -> str | None:
    """A digest of all facts whose change needs a new version: titles, times, places and the invited address.

    None if every session is cancelled: then there is nothing to show.
    """
    if not part.live_sessions:
        return None
    facts: list[Any] = [
        event.title,
        event.timezone,
        digest_of(invited),
        [_facts_of(session) for session in part.live_sessions],
    ]
    if part.series:
        facts += [part.series.rule, [[slot.starts_at.timestamp(), slot.session_id] for slot in part.series.slots]]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def digest_of(address: str) -> str:
    """The SHA-256 of a mail address. Case and a leading `mailto:` make no difference."""
    plain = address.strip()
    if plain[:7].lower() == "mailto:":
        plain = unquote(plain[7:])
    return hashlib.sha256(plain.strip("<> ").casefold().encode(errors="replace")).hexdigest()


def _facts_of(session: SessionFacts) -> list[str | float | None]:
    times = session.starts_at.timestamp(), session.ends_at.timestamp()
    return [session.id, session.title, *times, session.location, session.join_url]


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
