"""Holding back: a circuit that lets a lost relay be."""

import random
import threading
from datetime import timedelta
from time import monotonic

from shared.messaging.inbox import TryAgain

LONGEST_PAUSE_SECONDS = 60.0


class Circuit:
    """Keeps mails from a relay that cannot be reached: for a second at first, up to a minute in the end.

    When the pause is over one mail looks whether the relay is back, within `timeout` seconds, while
    the others go on waiting.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._pause = 0.0
        self._shut_until = 0.0
        self._scout_is_out = False
        self._reason = ""
        self._lock = threading.Lock()

    def check(self) -> None:
        """Return where mail may go. Raises TryAgain while the relay is let be."""
        with self._lock:
            if not self._pause:
                return
            wait = self._shut_until - monotonic()
            if wait > 0:
                raise TryAgain(self._reason, timedelta(seconds=wait * random.uniform(1.0, 1.2)))
            self._scout_is_out, self._shut_until = True, monotonic() + self._timeout

    def failed(self, reason: str) -> TryAgain:
        """Shut, for longer each time; gives what the mail that found out should raise."""
        with self._lock:
            if self._scout_is_out or monotonic() >= self._shut_until:
                self._reason, self._scout_is_out = reason, False
                self._pause = min(max(self._pause * 2, 1.0), LONGEST_PAUSE_SECONDS)
                self._shut_until = monotonic() + self._pause
            return TryAgain(reason, timedelta(seconds=self._pause))

    def mended(self) -> None:
        """Open again."""
        with self._lock:
            self._pause, self._shut_until, self._scout_is_out = 0.0, 0.0, False
