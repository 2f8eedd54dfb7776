"""What all worker processes share of a relay: a pace that none exceeds, and lines that none holds at once.

Both are rows in notifications' database, so that it does not matter where a process runs.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import sleep, time

from sqlalchemy import Connection, Engine, case, func, literal, select, update

from services.notifications.models import Line, Pace
from shared.database.db import insert_if_absent, lock
from shared.database.utc import now
from shared.messaging.inbox import LEASE, TryAgain

LONGEST_QUEUE_SECONDS = 10.0
RENEWED_EVERY = timedelta(seconds=10)
HELD_FOR = LEASE + 2 * RENEWED_EVERY  # longer than the mail that is being said on it may take


class SharedPace:
    """Lets at most `rate` mails a second go to a relay, evenly spaced; 0 lets all go."""

    def __init__(self, engine: Engine, relay: str, rate: int) -> None:
        self._engine, self._relay = engine, relay
        self._interval = 1 / rate if rate else 0.0

    def wait(self) -> None:
        """Sleep until it is this mail's turn. Raises TryAgain where that would hold a thread for long."""
        if self._interval:
            sleep(self._wait_for_turn())

    def _wait_for_turn(self) -> float:
        """Seconds until the turn that is now ours, by the database's clock."""
        with self._engine.begin() as connection:
            insert_if_absent(connection, Pace.__table__, {"relay": self._relay, "next_at": 0.0})
            at = _seconds(connection)
            near = (Pace.relay == self._relay) & (Pace.next_at < at + LONGEST_QUEUE_SECONDS)
            turn = case((Pace.next_at > at, Pace.next_at), else_=literal(at))
            taking = update(Pace).where(near).values(next_at=turn + self._interval).returning(Pace.next_at)
            after = connection.scalar(taking)
        if after is None:
            longer = timedelta(seconds=LONGEST_QUEUE_SECONDS)
            raise TryAgain("More mails wait than may be sent at this pace.", longer)
        return max(float(after) - self._interval - at, 0.0)


class Lines:
    """The connections that may be open to a relay: whoever wants to open one takes a numbered line first.

    A line is held for a while and renewed with the mails, so that a machine that is gone lets go of it;
    those of a process that died on this machine are free at once.
    """

    def __init__(self, engine: Engine, relay: str, count: int) -> None:
        self._engine, self._relay, self.count = engine, relay, count

    def take(self) -> int | None:
        """The number of a line that is now ours; None where all are held."""
        with self._alone() as connection:
            known = select(Line.number, Line.holder, Line.until).filter_by(relay=self._relay)
            held = {line.number for line in connection.execute(known) if not _is_free(line.holder, line.until)}
            free = [number for number in range(self.count) if number not in held]
            if not free:
                return None
            values = {"holder": _me(), "until": now() + HELD_FOR}
            if not insert_if_absent(connection, Line.__table__, self._row(free[0]) | values):
                connection.execute(update(Line).filter_by(**self._row(free[0])).values(**values))
            return free[0]

    def renew(self, number: int) -> None:
        """Hold a line for longer."""
        self._hold(number, now() + HELD_FOR)

    def let_go(self, number: int) -> None:
        """Give a line back."""
        self._hold(number, now())

    def _hold(self, number: int, until: datetime) -> None:
        with self._alone() as connection:
            connection.execute(update(Line).filter_by(**self._row(number), holder=_me()).values(until=until))

    def _row(self, number: int) -> dict[str, object]:
        return {"relay": self._relay, "number": number}

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            lock(connection, f"lines {self._relay}")
            yield connection


def _seconds(connection: Connection) -> float:
    if connection.dialect.name == "postgresql":
        return float(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0)
    return time()  # an SQLite file has one machine


def _me() -> str:
    return f"{socket.gethostname()} {os.getpid()}"


def _is_free(holder: str, until: datetime) -> bool:
    host, _, process = holder.rpartition(" ")
    return until <= now() or (host == socket.gethostname() and not _lives(int(process)))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is somebody else's
        return True
    return True
