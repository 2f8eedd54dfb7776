"""Forked processes: what they share, when they stop, and that they end with their parent."""

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
    """Make what is loaded stay shared with the processes forked from now on.

    The collector would write to every page of it in each of them, and each would set up the mappers by itself.
    """
    configure_mappers()
    gc.collect()
    gc.freeze()


def die_with_parent(parent: int) -> None:
    """Ask Linux to send SIGTERM to this forked process when its parent is killed; elsewhere, do nothing.

    The handlers of SIGTERM and SIGINT that it has from its parent are dropped: they would swallow the signal.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed before this was asked
            os._exit(1)


def stop_signal() -> threading.Event:
    """An event that SIGTERM and SIGINT set, instead of ending the process."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping
