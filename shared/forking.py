"""What a process does before it forks others that go on with what it has loaded, and what those do first."""

import ctypes
import gc
import os
import signal
import sys

from sqlalchemy.orm import configure_mappers

PR_SET_PDEATHSIG = 1


def share_what_is_loaded() -> None:
    """Make what is loaded stay shared with the processes forked from now on.

    The collector would write to every page of it in each of them, and each would set up the mappers by itself.
    """
    configure_mappers()
    gc.collect()
    gc.freeze()


def die_with(parent: int) -> None:
    """Ask Linux to end this process when its parent is killed outright; elsewhere, do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed before this was asked
            os._exit(1)
