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
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def share_loaded_modules() -> None:
    """Keep the loaded modules in memory that later forks share.

    Without this, the garbage collector of each fork would write to every page, and each would configure the mappers.
    """
    configure_mappers()
    gc.collect()
    gc.freeze()


def fork() -> int:
    """Fork with `os.fork`. In the child, SIGTERM and SIGINT have their default actions again.

    Both are blocked meanwhile. Otherwise the parent's handlers, which the child inherits, could swallow a signal that
    arrives before the child has its own, and the child would run on.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        child = os.fork()
        if not child:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
        return child
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def die_with_parent(parent: int) -> None:
    """Ask Linux to send this process SIGTERM when its parent ends; on other systems, do nothing."""
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

    for number in STOP_SIGNALS:
        signal.signal(number, stop)
    return stopping
