"""A pool of connections to a relay: threads share it; processes share its size through connection slots."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from services.notifications.relay.circuit import CircuitBreaker
from services.notifications.relay.slots import RENEWED_EVERY, ConnectionSlots, RateLimit
from services.notifications.relay.smtp import LONGEST_IDLE_SECONDS, Connection, Relay, connect, why_unreachable
from shared.messaging.inbox import LEASE, TryAgain

MARGIN_SECONDS = 5.0
LOOKS_FOR_A_SLOT_EVERY_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 3.0
BUSY = "Every connection to the relay is busy."


@dataclass(eq=False)
class PooledConnection:
    """An open connection and the number of its slot, last taken or renewed at `renewed_at` (monotonic seconds)."""

    connection: Connection
    slot: int
    renewed_at: float


class SmtpTransport:
    """Sends mails through a relay from any number of threads, within the slots and the rate limit.

    It opens nothing before the first mail, so a process may fork after making one. `timeout` is in seconds,
    for each answer of the relay.
    """

    def __init__(
        self, relay: Relay, *, domain: str, slots: ConnectionSlots, rate_limit: RateLimit, timeout: int
    ) -> None:
        self.relay = relay
        self._domain, self._timeout = domain, timeout
        self._slots, self._rate_limit = slots, rate_limit
        self._breaker = CircuitBreaker(timeout)
        self._permits = threading.BoundedSemaphore(slots.count)
        self._idle: list[PooledConnection] = []  # the last used is at the end
        self._is_watched = False
        self._lock = threading.Condition()

    def send(self, sender: str, recipient: str, content: bytes) -> str:
        """Send one mail and return the relay's answer.

        Raises Refused for a permanent refusal, and TryAgain for a temporary one or none.
        """
        # The lease must outlast the relay's two answers to the body, or another worker may send the mail too.
        start_before = monotonic() + LEASE.total_seconds() - 2 * self._timeout - MARGIN_SECONDS
        self._breaker.check()
        self._rate_limit.wait()
        with self._pooled() as pooled:
            return pooled.connection.deliver(sender, recipient, content, start_before)

    @contextmanager
    def _pooled(self) -> Iterator[PooledConnection]:
        if not self._permits.acquire(timeout=self._timeout):
            raise TryAgain(BUSY, timedelta(seconds=1))
        try:
            pooled = self._idle_or_new()
            try:
                self._renew(pooled)
                yield pooled
            finally:
                self._put_back(pooled)
        finally:
            self._permits.release()

    def _idle_or_new(self) -> PooledConnection:
        """The last used idle connection, or a new one if a slot is free; waits for either.

        Raises TryAgain after LONGEST_WAIT_SECONDS: another process holds the slots and may send the mail.
        """
        give_up_at = monotonic() + min(self._timeout, LONGEST_WAIT_SECONDS)
        while monotonic() < give_up_at:
            if pooled := self._pop_idle():
                return pooled
            if (slot := self._slots.take()) is not None:
                return self._open(slot)
            with self._lock:
                self._lock.wait_for(lambda: self._idle, LOOKS_FOR_A_SLOT_EVERY_SECONDS)
        raise TryAgain(BUSY, timedelta(seconds=1))

    def _pop_idle(self) -> PooledConnection | None:
        """Close the idle connections that are not reusable, and take the last used of the others, if there is one."""
        self._close_spent()
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _close_spent(self) -> None:
        """Close the idle connections that are not reusable."""
        with self._lock:
            spent = [pooled for pooled in self._idle if not pooled.connection.is_reusable()]
            self._idle = [pooled for pooled in self._idle if pooled not in spent]
        for pooled in spent:
            self._close(pooled)

    def _open(self, slot: int) -> PooledConnection:
        """Connect on this slot. Raises TryAgain if the relay cannot be reached."""
        try:
            connection = connect(self.relay, self._domain, self._timeout)
        except OSError as error:
            self._slots.release(slot)
            raise self._breaker.failed(why_unreachable(error)) from error
        self._breaker.succeeded()
        return PooledConnection(connection, slot, renewed_at=monotonic())

    def _renew(self, pooled: PooledConnection) -> None:
        if monotonic() - pooled.renewed_at > RENEWED_EVERY.total_seconds():
            self._slots.renew(pooled.slot)
            pooled.renewed_at = monotonic()

    def _put_back(self, pooled: PooledConnection) -> None:
        pooled.connection.used_at = monotonic()
        if not pooled.connection.is_reusable():
            return self._close(pooled)
        with self._lock:
            self._idle.append(pooled)
            self._lock.notify()
            if not self._is_watched:
                self._watch_idle()

    def _watch_idle(self) -> None:
        """Close idle connections in time: another process may be waiting for their slots."""
        self._is_watched = True
        timer = threading.Timer(LONGEST_IDLE_SECONDS + 0.1, self._close_expired)
        timer.daemon = True
        timer.start()

    def _close_expired(self) -> None:
        self._close_spent()
        with self._lock:
            self._is_watched = False
            if self._idle:
                self._watch_idle()

    def _close(self, pooled: PooledConnection) -> None:
        pooled.connection.close()
        self._slots.release(pooled.slot)
