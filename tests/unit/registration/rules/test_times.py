"""Local times of events become instants in UTC."""

from datetime import UTC, datetime

import pytest

from services.registration.rules.times import NoSuchTime, instant_of


def test_a_time_in_november_in_london_is_greenwich_time() -> None:
    assert instant_of(datetime(2027, 11, 4, 12, 30), "Europe/London") == datetime(2027, 11, 4, 12, 30, tzinfo=UTC)


def test_a_time_in_june_in_london_is_an_hour_ahead() -> None:
    assert instant_of(datetime(2027, 6, 4, 12, 30), "Europe/London") == datetime(2027, 6, 4, 11, 30, tzinfo=UTC)


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(NoSuchTime):
        instant_of(datetime(2027, 3, 28, 1, 30), "Europe/London")


def test_of_a_time_that_comes_twice_the_first_is_taken() -> None:
    assert instant_of(datetime(2027, 10, 31, 1, 30), "Europe/London") == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
