"""Handles the messages that a service receives: each one once, in order within its key, and always answered.

A handler that writes to its own database only runs in one transaction with the outcome of its message: both are
committed, or neither. A handler with effects elsewhere, such as a mail server, gets its message under a lease, which
is committed first. The lease of a dead worker expires, and the next worker knows that the message may have been
handled before. Redelivered messages are leased too: one may be crashing its workers.
"""

import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Executable, Table, Update, bindparam, select, update

from shared.contracts import UnreadableMessage, decode
from shared.contracts.receipts import Outcome, Settled
from shared.database.db import insert_if_absent, lock
from shared.database.session import call_after_commit
from shared.database.utc import now
from shared.messaging import inbox
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import Ended, Forward, Status, TryAgain
from shared.messaging.sender import Sender

MOST_ERRORS = 5
MOST_CRASHES = 3
LONGEST_PAUSE = timedelta(minutes=30)
PAUSE_WHILE_BUSY = timedelta(seconds=1)
LONGEST_DETAIL = 2000

log = structlog.get_logger()

Handler = Callable[[Any], Forward | Ended]
Exemption = Callable[[Any, Envelope], Ended | None]


@dataclass(eq=False)
class Turn:
    """A message whose turn it is, with the figures of its row.

    `crashes_stored` is the row's own count. Taking over a message from another worker raises it, so this worker still
    holds the message if it has not changed (a fencing token).
    """

    envelope: Envelope
    received_at: datetime
    has_row: bool = False
    crashes_stored: int = 0
    leased_at: datetime | None = None
    tries: int = 0
    errors: int = 0
    crashes: int = 0


def receive(
    sender: Sender, envelope: Envelope, handler: Handler, *, leased: bool, unless: Exemption | None = None
) -> None:
    """Receive one message: handle it if it is its turn, and send the answer."""
    at = now()
    lock(sender.session, f"{sender.name} {envelope.key}")  # until the transaction ends
    own, others = _rows(sender, envelope)
    if own is not None and own.settled_at is not None:
        return _answer_again(sender, envelope)
    if own is not None and (_is_to_come(own.lease_until, at) or _is_to_come(own.paused_until, at)):
        return sender.session.commit()
    turn = _turn(envelope, own, at)
    if (ended := _ended_unhandled(turn, others)) is not None:
        return _finish(sender, turn, ended)
    if any(row.settled_at is None and _is_to_come(row.lease_until, at) for row in others):
        return _wait_while_busy(sender, turn, at)
    try:
        _take(sender, turn, handler, leased=leased, unless=unless)
    finally:
        sender.leased.discard(turn)


def renew_leases(sender: Sender) -> None:
    """Renew the leases that this process holds, each until `inbox.LEASE` after it began, and commit."""
    at = now()
    for turn in list(sender.leased):
        until = min(at + inbox.LEASE_TERM, turn.leased_at + inbox.LEASE)
        values = {"lease_until": until, "due_at": until}
        sender.session.connection().execute(_while_leased(_table(sender)), values | _ours(turn))
        sender.session.commit()


def _take(sender: Sender, turn: Turn, handler: Handler, *, leased: bool, unless: Exemption | None) -> None:
    """Handle a message whose turn it is, and store the outcome."""
    envelope = turn.envelope
    try:
        message = decode(envelope.type, envelope.version, envelope.body)
        exempt = unless(message, envelope) if unless else None
        needs_lease = not exempt and (leased or turn.has_row or envelope.attempt > 1)
        if needs_lease and not _lease(sender, turn):
            return
        answer = exempt or handler(message)
    except UnreadableMessage as error:
        sender.session.rollback()
        answer = Ended(Outcome.FAILED, str(error))
    except TryAgain as error:
        sender.session.rollback()
        turn.crashes += error.perhaps_done
        return _put_back(sender, turn, str(error), error.pause)
    except Exception as error:
        sender.session.rollback()
        where = traceback.extract_tb(error.__traceback__)[-1]  # not the text, which may hold an address
        log.error("handler failed", error=type(error).__name__, where=f"{where.filename}:{where.lineno}")
        reason = f"{type(error).__name__}: {error}"
        turn.errors += 1
        if turn.errors < MOST_ERRORS:
            return _put_back(sender, turn, reason, None)
        answer = Ended(Outcome.FAILED, reason)
    _finish(sender, turn, answer)


def _rows(sender: Sender, envelope: Envelope) -> tuple[Any, list[Any]]:
    """The message's own row, or None if it is new, and the rows of the other messages with its key."""
    rows = sender.session.connection().execute(_rows_of_key(_table(sender)), {"key": envelope.key}).all()
    own = next((row for row in rows if row.id == UUID(envelope.id)), None)
    return own, [row for row in rows if row is not own]


def _is_to_come(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and moment > at


def _turn(envelope: Envelope, own: Any, at: datetime) -> Turn:
    """The turn of a message with this row, or with none. A lease that has expired counts as a crash."""
    if own is None:
        return Turn(envelope, received_at=at)
    return Turn(
        envelope,
        received_at=own.received_at,
        has_row=True,
        crashes_stored=own.crashes,
        tries=own.tries,
        errors=own.errors,
        crashes=own.crashes + (own.status is Status.CLAIMED),
    )


def _ended_unhandled(turn: Turn, others: list[Any]) -> Ended | None:
    """The outcome of a message that is not handled; None if it is."""
    if turn.crashes >= MOST_CRASHES:
        return Ended(Outcome.FAILED, f"After {turn.crashes} tries it is unknown if it was done.")
    if any(row.ordinal > turn.envelope.ordinal for row in others):
        return Ended(Outcome.SUPERSEDED, "A newer message has replaced this one.")
    return None


def _wait_while_busy(sender: Sender, turn: Turn, at: datetime) -> None:
    """Leave the message for later: a worker holds another one with its key."""
    _write(sender, turn, status=Status.PENDING, lease_until=None, due_at=at + PAUSE_WHILE_BUSY)
    sender.session.commit()


def _lease(sender: Sender, turn: Turn) -> bool:
    """Commit a lease on the message. Returns False if the worker that held it before has just settled it."""
    at = now()
    until = at + inbox.LEASE_TERM
    if not _write(sender, turn, status=Status.CLAIMED, lease_until=until, due_at=until):
        return False
    sender.session.commit()
    turn.has_row, turn.crashes_stored, turn.leased_at = True, turn.crashes, at
    sender.leased.add(turn)
    return True


def _put_back(sender: Sender, turn: Turn, reason: str, pause: timedelta | None) -> None:
    """Leave the message for a retry; after two days it fails instead."""
    at = now()
    if at - turn.received_at > sender.longest_trying:
        return _finish(sender, turn, Ended(Outcome.FAILED, reason))
    if pause is None:
        turn.tries += 1
        pause = _growing_pause(turn.tries)
    later = at + pause
    _write(
        sender,
        turn,
        status=Status.PENDING,
        lease_until=None,
        detail=reason[:LONGEST_DETAIL],
        due_at=later,
        paused_until=later,
    )
    sender.session.commit()


def _growing_pause(tries: int) -> timedelta:
    seconds = min(2.0**tries, LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.7, 1.3))


def _finish(sender: Sender, turn: Turn, answer: Forward | Ended) -> None:
    """Commit the answer together with the handler's changes, then send it."""
    envelope, at = turn.envelope, now()
    settled = {"settled_at": at, "lease_until": None, "due_at": None, "envelope": None}
    if isinstance(answer, Forward):
        to, reply = answer.to, envelope.carrying(answer.message)
        written = _write(sender, turn, **settled, status=Status.FORWARDED, answer={"to": to, "envelope": vars(reply)})
    else:
        detail = answer.detail[:LONGEST_DETAIL]
        to, reply = envelope.origin, _receipt(envelope, answer.outcome, at, detail, turn.crashes)
        written = _write(sender, turn, **settled, status=Status(answer.outcome), detail=detail, **answer.kept)
    if not written:
        return
    call_after_commit(sender.session, lambda: sender.send(to, reply), first=True)  # before what the handler owed
    sender.session.commit()


def _write(sender: Sender, turn: Turn, **values: Any) -> bool:
    """Write the row, if this worker still holds the message.

    If the worker paused for longer than its lease, another may have taken the message over: then roll back what the
    handler wrote, and return False.
    """
    values |= {"tries": turn.tries, "errors": turn.errors, "crashes": turn.crashes}
    if turn.has_row:
        written = sender.session.connection().execute(_while_ours(_table(sender)), values | _ours(turn)).rowcount == 1
    else:
        written = insert_if_absent(sender.session, _table(sender), new_row(turn.envelope, turn.received_at) | values)
    if not written:
        log.warning("lease lost")
        sender.session.rollback()
    return written


def new_row(envelope: Envelope, at: datetime) -> dict[str, Any]:
    """The values of an inbox row for a message that has just arrived."""
    return {
        "id": UUID(envelope.id),
        "envelope": vars(envelope),
        "type": envelope.type,
        "key": envelope.key,
        "ordinal": envelope.ordinal,
        "status": Status.PENDING,
        "received_at": at,
        "due_at": at,
        "tries": 0,
        "errors": 0,
        "crashes": 0,
    }


def _answer_again(sender: Sender, envelope: Envelope) -> None:
    """Send the stored answer of a message that was redelivered."""
    row: Any = sender.session.get(sender.Inbox, UUID(envelope.id), populate_existing=True)
    if row.answer is not None:
        to, reply = row.answer["to"], Envelope(**row.answer["envelope"])
    else:
        to = envelope.origin
        reply = _receipt(envelope, row.status, row.settled_at, row.detail or "", row.crashes)
    sender.session.commit()
    sender.send(to, reply)


def _receipt(envelope: Envelope, outcome: str, at: datetime, detail: str, crashes: int) -> Envelope:
    return envelope.carrying(
        Settled(message_id=envelope.id, outcome=Outcome(outcome), at=at, detail=detail, possibly_repeated=crashes > 0)
    )


def _table(sender: Sender) -> Table:
    table: Table = sender.Inbox.__table__
    return table


@cache
def _rows_of_key(table: Table) -> Executable:
    row = table.c
    wanted = (row.id, row.ordinal, row.status, row.settled_at, row.lease_until, row.paused_until, row.received_at)
    return select(*wanted, row.tries, row.errors, row.crashes).where(row.key == bindparam("key"))


@cache
def _while_ours(table: Table) -> Update:
    row = table.c
    is_ours = (row.id == bindparam("our_id")) & (row.crashes == bindparam("our_crashes")) & row.settled_at.is_(None)
    return update(table).where(is_ours)


@cache
def _while_leased(table: Table) -> Executable:
    return _while_ours(table).where(table.c.lease_until.is_not(None))


def _ours(turn: Turn) -> dict[str, Any]:
    return {"our_id": UUID(turn.envelope.id), "our_crashes": turn.crashes_stored}
