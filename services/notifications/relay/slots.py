"""Limits that all worker processes share for one relay: connection slots and a rate limit.

Both are rows in the notifications database, so they hold across processes and machines.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import sleep, time

from sqlalchemy import Connection, Engine, case, func, literal, select, update

from services.notifications.models import ConnectionSlot, RateLimitTurn
from shared.database.db import insert_if_absent, lock
from shared.database.utc import now
from shared.messaging.inbox import LEASE, TryAgain

LONGEST_QUEUE_SECONDS = 10.0
RENEWED_EVERY = timedelta(seconds=10)
HELD_FOR = LEASE + 2 * RENEWED_EVERY  # longer than sending one mail may take


class RateLimit:
    """Lets at most `rate` mails a second go to a relay, evenly spaced; 0 means no limit."""

    def __init__(self, engine: Engine, relay: str, rate: int) -> None:
        self._engine, self._relay = engine, relay
        self._interval = 1 / rate if rate else 0.0

    def wait(self) -> None:
        """Sleep until it is this mail's turn. Raises TryAgain if that is more than LONGEST_QUEUE_SECONDS away."""
        if self._interval:
            sleep(self._seconds_to_turn())

    def _seconds_to_turn(self) -> float:
        """Reserve the next turn and return the seconds until it, by the database's clock."""
        turns = RateLimitTurn
        with self._engine.begin() as connection:
            insert_if_absent(connection, turns.__table__, {"relay": self._relay, "next_at": 0.0})
            at = _seconds(connection)
            near = (turns.relay == self._relay) & (turns.next_at < at + LONGEST_QUEUE_SECONDS)
            turn = case((turns.next_at > at, turns.next_at), else_=literal(at))
            reserve = update(turns).where(near).values(next_at=turn + self._interval).returning(turns.next_at)
            after = connection.scalar(reserve)
        if after is None:
            raise TryAgain("More mails are waiting than SMTP_RATE allows.", timedelta(seconds=LONGEST_QUEUE_SECONDS))
        return max(float(after) - self._interval - at, 0.0)


class ConnectionSlots:
    """The `count` connections that may be open to a relay at once: a process takes a slot before it opens one.

    A slot is held for HELD_FOR and renewed while mails go over its connection, so a lost machine's slots
    become free. The slots of a process that died on this machine are free at once.
    """

    def __init__(self, engine: Engine, relay: str, count: int) -> None:
        self._engine, self._relay, self.count = engine, relay, count

    def take(self) -> int | None:
        """Take a free slot and return its number; None if all are held."""
        with self._exclusively() as connection:
            known = select(ConnectionSlot.number, ConnectionSlot.holder, ConnectionSlot.until)
            rows = connection.execute(known.filter_by(relay=self._relay))
            held = {slot.number for slot in rows if not _is_free(slot.holder, slot.until)}
            free = [number for number in range(self.count) if number not in held]
            if not free:
                return None
            values = {"holder": _this_process(), "until": now() + HELD_FOR}
            if not insert_if_absent(connection, ConnectionSlot.__table__, self._row(free[0]) | values):
                connection.execute(update(ConnectionSlot).filter_by(**self._row(free[0])).values(**values))
            return free[0]

    def renew(self, number: int) -> None:
        """Hold a slot for another HELD_FOR."""
        self._hold(number, now() + HELD_FOR)

    def release(self, number: int) -> None:
        """Free a slot."""
        self._hold(number, now())

    def _hold(self, number: int, until: datetime) -> None:
        ours = update(ConnectionSlot).filter_by(**self._row(number), holder=_this_process())
        with self._exclusively() as connection:
            connection.execute(ours.values(until=until))

    def _row(self, number: int) -> dict[str, object]:
        return {"relay": self._relay, "number": number}

    @contextmanager
    def _exclusively(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            lock(connection, f"connection slots {self._relay}")
            yield connection


def _seconds(connection: Connection) -> float:
    """Seconds since 1970, by the database's clock."""
    if connection.dialect.name == "postgresql":
        return float(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0)
    return time()  # processes that share an SQLite file share a machine


def _this_process() -> str:
    return f"{socket.gethostname()} {os.getpid()}"


def _is_free(holder: str, until: datetime) -> bool:
    host, _, process = holder.rpartition(" ")
    return until <= now() or (host == socket.gethostname() and not _is_running(int(process)))


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # the process belongs to another user
        return True
    return True
