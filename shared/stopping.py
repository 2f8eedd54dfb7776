"""Being told to stop."""

import signal
import threading
from types import FrameType


def stop_signal() -> threading.Event:
    """An event that SIGTERM and SIGINT set, instead of ending the process."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping
