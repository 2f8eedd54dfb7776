"""Forked processes: shared memory, stop signals, and an end together with the parent."""

import ctypes
import gc
import os
import signal
import sys
import threading
from types import FrameType

from sqlalchemy.orm import configure_mappers

PR_SET_PDEATHSIG = 1


def share_what_is_loaded() -> None:
    """Keep the loaded modules in memory that later forks share.

    Without this, the garbage collector of each fork would write to every page, and each would configure the mappers.
    """
    configure_mappers()
    gc.collect()
    gc.freeze()


def die_with_parent(parent: int) -> None:
    """Ask Linux to end this process when its parent is killed outright; elsewhere, do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent was killed before the call above
            os._exit(1)


def stop_signal() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, instead of ending the process.

    Wait for it with a timeout, in a loop: Python runs no handler for a signal that arrives just before an untimed wait.
    """
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping
