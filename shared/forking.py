"""What a process does before it forks others that go on with what it has loaded."""

import gc

from sqlalchemy.orm import configure_mappers


def share_what_is_loaded() -> None:
    """Make what is loaded stay shared with the processes forked from now on.

    The collector would write to every page of it in each of them, and each would set up the mappers by itself.
    """
    configure_mappers()
    gc.collect()
    gc.freeze()
