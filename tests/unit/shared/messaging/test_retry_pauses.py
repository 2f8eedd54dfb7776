"""Pauses between attempts grow, end at a limit, and differ, so that many messages do not come back together."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.outbox import LONGEST_PATIENCE, PATIENCE, patience
from shared.messaging.receiving import LONGEST_PAUSE, _growing_pause

MOST_TRIES = 1_000
"""More than fit into the ten days that MAIL_RETRY_HOURS allows."""
ages = st.timedeltas(timedelta(0), timedelta(days=365))


@given(st.integers(1, MOST_TRIES))
def test_the_pause_before_a_retry_doubles_until_its_limit(tries: int) -> None:
    middle = min(timedelta(seconds=2 ** min(tries, 20)), LONGEST_PAUSE)
    assert 0.69 * middle < _growing_pause(tries) < 1.31 * middle


@given(ages)
def test_a_receipt_is_waited_for_a_quarter_of_the_messages_age_within_limits(age: timedelta) -> None:
    middle = min(max(age / 4, PATIENCE), LONGEST_PATIENCE)
    assert 0.79 * middle < patience(age) < 1.21 * middle


@given(ages, ages)
def test_an_older_message_is_never_asked_for_much_sooner(one: timedelta, other: timedelta) -> None:
    younger, older = sorted((one, other))
    assert patience(older) * 1.2 >= patience(younger) * 0.8


@pytest.mark.parametrize("pause", [lambda: _growing_pause(5), lambda: patience(timedelta(hours=1))])
def test_messages_that_failed_together_do_not_come_back_together(pause: object) -> None:
    assert len({pause() for _ in range(50)}) > 40  # type: ignore[operator]
