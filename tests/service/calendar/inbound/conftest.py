"""What the tests of answers share."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

RECEIVED = datetime(2027, 10, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
def late_october() -> Iterator[None]:
    """The clock stands at a time after the answers of the examples."""
    with time_machine.travel(RECEIVED, tick=False):
        yield
