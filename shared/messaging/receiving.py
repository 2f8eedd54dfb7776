"""Handles what a service receives: each message once, in order within its key, and always answered.

A handler that only writes to its own database works in one transaction with the outcome of its message:
whatever happens, both are there or neither. One that reaches out of it (to a mail server) is given its message
under a lease, which is committed first: a worker that dies lets go of it in time, and whoever takes it up
knows that it was perhaps done before. So is any message that comes again, for it may be what kills its workers.
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
from sqlalchemy import Executable, Table, bindparam, select, update

from shared.contracts import UnreadableMessage, decode
from shared.contracts.receipts import Outcome, Settled
from shared.database.db import insert_if_absent, lock
from shared.database.utc import now
from shared.messaging import inbox
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import Ended, Forward, TryAgain
from shared.messaging.sender import Sender

MOST_ERRORS = 5
MOST_CRASHES = 3
LONGEST_PAUSE = timedelta(minutes=30)
PAUSE_WHILE_BUSY = timedelta(seconds=1)
MOST_LETTERS = 2000

log = structlog.get_logger()

Handler = Callable[[Any], Forward | Ended]
Exemption = Callable[[Any, Envelope], Ended | None]


@dataclass
class Turn:
    """A message whose turn it is, and what its row says; `lease_until` tells our hold on it from another's."""

    envelope: Envelope
    received_at: datetime
    has_row: bool = False
    lease_until: datetime | None = None
    tries: int = 0
    errors: int = 0
    crashes: int = 0


def receive(
    sender: Sender, envelope: Envelope, handler: Handler, *, leased: bool, unless: Exemption | None = None
) -> None:
    """Take one message in, handle it if it is its turn, and answer for it."""
    turn = _turn_of(sender, envelope)
    if turn is None:
        return
    try:
        message = decode(envelope.type, envelope.version, envelope.body)
        exempt = unless(message, envelope) if unless else None
        if not exempt and (leased or turn.has_row or envelope.attempt > 1) and not _lease(sender, turn):
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
        where = traceback.extract_tb(error.__traceback__)[-1]  # its text may hold an address; logs do not
        log.error("handler failed", error=type(error).__name__, where=f"{where.filename}:{where.lineno}")
        reason = f"{type(error).__name__}: {error}"
        turn.errors += 1
        if turn.errors < MOST_ERRORS:
            return _put_back(sender, turn, reason, None)
        answer = Ended(Outcome.FAILED, reason)
    _finish(sender, turn, answer)


def _turn_of(sender: Sender, envelope: Envelope) -> Turn | None:
    """The turn of this message, with its key locked until the transaction ends; None where it is not its turn, and
    then what is to be done instead has been."""
    session, at = sender.session, now()
    lock(session, f"{sender.name} {envelope.key}")
    known = session.connection().execute(_rows_of_key(_table(sender)), {"key": envelope.key}).all()
    own = next((row for row in known if row.id == UUID(envelope.id)), None)
    others = [row for row in known if row is not own]
    turn = Turn(envelope, at)
    if own is not None:
        if own.settled_at is not None:
            _answer_again(sender, envelope)
            return None
        if any(moment is not None and moment > at for moment in (own.lease_until, own.paused_until)):
            session.commit()
            return None
        crashes = own.crashes + (own.status == "claimed")
        turn = Turn(envelope, own.received_at, True, own.lease_until, own.tries, own.errors, crashes)
    if turn.crashes >= MOST_CRASHES:
        unknown = f"{turn.crashes} tries ended with nobody knowing whether it was done."
        _finish(sender, turn, Ended(Outcome.FAILED, unknown))
    elif any(row.ordinal > envelope.ordinal for row in others):
        _finish(sender, turn, Ended(Outcome.SUPERSEDED, "Something newer was to be said."))
    elif any(row.settled_at is None and row.lease_until is not None and row.lease_until > at for row in others):
        _write(sender, turn, status="pending", lease_until=None, due_at=at + PAUSE_WHILE_BUSY)
        session.commit()
    else:
        return turn
    return None


def _lease(sender: Sender, turn: Turn) -> bool:
    """Commit that the message is ours for a while. False where whoever had it before has just ended it after all."""
    until = now() + inbox.LEASE
    if not _write(sender, turn, status="claimed", lease_until=until, due_at=until):
        return False
    sender.session.commit()
    turn.has_row, turn.lease_until = True, until
    return True


def _put_back(sender: Sender, turn: Turn, reason: str, pause: timedelta | None) -> None:
    """Leave the message for another try, or give it up when two days have passed."""
    at = now()
    if at - turn.received_at > sender.longest_trying:
        return _finish(sender, turn, Ended(Outcome.FAILED, reason))
    if pause is None:
        turn.tries += 1
        pause = _growing_pause(turn.tries)
    later = at + pause
    _write(
        sender, turn, status="pending", lease_until=None, detail=reason[:MOST_LETTERS], due_at=later, paused_until=later
    )
    sender.session.commit()


def _growing_pause(tries: int) -> timedelta:
    seconds = min(2.0**tries, LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.7, 1.3))


def _finish(sender: Sender, turn: Turn, answer: Forward | Ended) -> None:
    """Store the answer with whatever the handler did, in one commit; then send it on its way."""
    envelope, at = turn.envelope, now()
    settled = {"settled_at": at, "lease_until": None, "due_at": None, "envelope": None}
    if isinstance(answer, Forward):
        to, said = answer.to, envelope.carrying(answer.message)
        written = _write(sender, turn, **settled, status="forwarded", answer={"to": to, "envelope": vars(said)})
    else:
        detail = answer.detail[:MOST_LETTERS]
        to, said = envelope.origin, _receipt(envelope, answer.outcome, at, detail, turn.crashes)
        written = _write(sender, turn, **settled, status=answer.outcome, detail=detail, **answer.kept)
    if not written:
        return
    sender.session.commit()
    sender.send(to, said)


def _write(sender: Sender, turn: Turn, **values: Any) -> bool:
    """Write the row. False where somebody else has taken the message up, as they may have where this worker stood
    still for longer than its lease; what the handler wrote is taken back then."""
    values |= {"tries": turn.tries, "errors": turn.errors, "crashes": turn.crashes}
    if turn.has_row:
        ours = {"our_id": UUID(turn.envelope.id), "our_lease": turn.lease_until}
        written = sender.session.connection().execute(_while_ours(_table(sender)), values | ours).rowcount == 1
    else:
        written = insert_if_absent(sender.session, _table(sender), fresh(turn.envelope, turn.received_at) | values)
    if not written:
        log.warning("the lease was lost")
        sender.session.rollback()
    return written


def fresh(envelope: Envelope, at: datetime) -> dict[str, Any]:
    """The row of a message that has just arrived."""
    return {
        "id": UUID(envelope.id),
        "envelope": vars(envelope),
        "type": envelope.type,
        "key": envelope.key,
        "ordinal": envelope.ordinal,
        "status": "pending",
        "received_at": at,
        "due_at": at,
        "tries": 0,
        "errors": 0,
        "crashes": 0,
    }


def _answer_again(sender: Sender, envelope: Envelope) -> None:
    """Answer a repeat as the message was answered."""
    row: Any = sender.session.get(sender.Inbox, UUID(envelope.id), populate_existing=True)
    if row.answer is not None:
        to, said = row.answer["to"], Envelope(**row.answer["envelope"])
    else:
        to = envelope.origin
        said = _receipt(envelope, row.status, row.settled_at, row.detail or "", row.crashes)
    sender.session.commit()
    sender.send(to, said)


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
def _while_ours(table: Table) -> Executable:
    row = table.c
    lease = bindparam("our_lease", type_=row.lease_until.type)
    is_ours = (row.id == bindparam("our_id")) & row.settled_at.is_(None) & row.lease_until.is_not_distinct_from(lease)
    return update(table).where(is_ours)
