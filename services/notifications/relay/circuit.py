"""A circuit breaker: stops mails from trying a relay that cannot be reached."""

import random
import threading
from datetime import timedelta
from time import monotonic

from shared.messaging.inbox import TryAgain

LONGEST_PAUSE_SECONDS = 60.0


class CircuitBreaker:
    """Opens when the relay cannot be reached: for one second at first, and twice as long each time, up to a minute.

    After each pause it lets one mail through as a trial (half-open) and gives that mail `timeout` seconds;
    the others go on waiting.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._pause = 0.0
        self._open_until = 0.0
        self._is_trial_running = False
        self._reason = ""
        self._lock = threading.Lock()

    def check(self) -> None:
        """Return if a mail may try the relay. Raises TryAgain while the circuit is open."""
        with self._lock:
            if not self._pause:
                return
            wait = self._open_until - monotonic()
            if wait > 0:
                raise TryAgain(self._reason, timedelta(seconds=wait * random.uniform(1.0, 1.2)))
            self._is_trial_running, self._open_until = True, monotonic() + self._timeout

    def failed(self, reason: str) -> TryAgain:
        """Open the circuit, for longer each time, and return the exception for the mail that failed."""
        with self._lock:
            # Mails that started before the circuit opened fail too, and say nothing new about the relay.
            if self._is_trial_running or monotonic() >= self._open_until:
                self._reason, self._is_trial_running = reason, False
                self._pause = min(max(self._pause * 2, 1.0), LONGEST_PAUSE_SECONDS)
                self._open_until = monotonic() + self._pause
            return TryAgain(reason, timedelta(seconds=self._pause))

    def succeeded(self) -> None:
        """Close the circuit: all mails may try the relay again."""
        with self._lock:
            self._pause, self._open_until, self._is_trial_running = 0.0, 0.0, False
