"""Keeps conversations with a relay, and shares them between threads; their number is shared between processes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from services.notifications.relay.circuit import Circuit
from services.notifications.relay.slots import RENEWED_EVERY, Lines, SharedPace
from services.notifications.relay.smtp import LONGEST_IDLE_SECONDS, Connection, Relay, converse, why_unreachable
from shared.messaging.inbox import LEASE, TryAgain

MARGIN_SECONDS = 5.0
LOOKS_FOR_A_LINE_EVERY_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 3.0
BUSY = "Every connection to the relay is busy."


@dataclass(eq=False)
class Call:
    """A conversation and the line it is held on, which is ours until some time after `held_at` (monotonic seconds)."""

    connection: Connection
    line: int
    held_at: float


class SmtpTransport:
    """Sends mails by a relay, from as many threads as like, over these lines and at this pace.

    Nothing is opened before the first mail, so a process may fork after making one. `timeout` is how
    many seconds the relay may take over each of its answers.
    """

    def __init__(self, relay: Relay, *, domain: str, lines: Lines, pace: SharedPace, timeout: int) -> None:
        self.relay = relay
        self._domain, self._timeout = domain, timeout
        self._lines, self._pace = lines, pace
        self._circuit = Circuit(timeout)
        self._turns = threading.BoundedSemaphore(lines.count)
        self._idle: list[Call] = []  # the one used last is at the end
        self._is_watched = False
        self._lock = threading.Condition()

    def send(self, sender: str, recipient: str, content: bytes) -> str:
        """Send one mail and return what the relay says to it.

        Raises Refused where it says never, and TryAgain where it says not now, or nothing.
        """
        # The lease of whoever sends must outlive the two answers to the body, or another may send it too.
        start_before = monotonic() + LEASE.total_seconds() - 2 * self._timeout - MARGIN_SECONDS
        self._circuit.check()
        self._pace.wait()
        with self._call() as call:
            return call.connection.deliver(sender, recipient, content, start_before)

    @contextmanager
    def _call(self) -> Iterator[Call]:
        if not self._turns.acquire(timeout=self._timeout):
            raise TryAgain(BUSY, timedelta(seconds=1))
        try:
            call = self._idle_or_placed()
            try:
                self._hold(call)
                yield call
            finally:
                self._keep(call)
        finally:
            self._turns.release()

    def _idle_one(self) -> Call | None:
        """The call used last, if any is fit; those that are not are ended."""
        with self._lock:
            fit = [call for call in self._idle if call.connection.is_fit()]
            unfit = [call for call in self._idle if call not in fit]
            chosen = fit.pop() if fit else None
            self._idle = fit
        for call in unfit:
            self._end(call)
        return chosen

    def _idle_or_placed(self) -> Call:
        """The call used last, or a fresh one where a line is free; whoever finds neither waits for the first to come.

        Raises TryAgain where that takes long: another process, which holds the lines, may send the mail.
        """
        give_up_at = monotonic() + min(self._timeout, LONGEST_WAIT_SECONDS)
        while monotonic() < give_up_at:
            if call := self._idle_one():
                return call
            if (line := self._lines.take()) is not None:
                return self._place(line)
            with self._lock:
                self._lock.wait_for(lambda: self._idle, LOOKS_FOR_A_LINE_EVERY_SECONDS)
        raise TryAgain(BUSY, timedelta(seconds=1))

    def _place(self, line: int) -> Call:
        """A fresh call on this line. Raises TryAgain where the relay cannot be reached."""
        try:
            connection = converse(self.relay, self._domain, self._timeout)
        except OSError as error:
            self._lines.let_go(line)
            raise self._circuit.failed(why_unreachable(error)) from error
        self._circuit.mended()
        return Call(connection, line, held_at=monotonic())

    def _hold(self, call: Call) -> None:
        if monotonic() - call.held_at > RENEWED_EVERY.total_seconds():
            self._lines.renew(call.line)
            call.held_at = monotonic()

    def _keep(self, call: Call) -> None:
        call.connection.used_at = monotonic()
        if not call.connection.is_fit():
            return self._end(call)
        with self._lock:
            self._idle.append(call)
            self._lock.notify()
            if not self._is_watched:
                self._watch_the_idle()

    def _watch_the_idle(self) -> None:
        """End idle calls when their time is up: another process may wait for their lines."""
        self._is_watched = True
        timer = threading.Timer(LONGEST_IDLE_SECONDS + 0.1, self._end_the_rested)
        timer.daemon = True
        timer.start()

    def _end_the_rested(self) -> None:
        call = self._idle_one()
        with self._lock:
            self._is_watched = False
            if call is not None:
                self._idle.append(call)
                self._watch_the_idle()

    def _end(self, call: Call) -> None:
        call.connection.close()
        self._lines.let_go(call.line)
