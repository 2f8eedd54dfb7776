"""Capacity and the waiting list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.rules.places import EventIsFull, Status, places_to_give, status_for_next

counts = st.integers(0, 50)


@given(st.integers(1, 50), counts, counts)
def test_no_more_places_are_given_than_there_are(capacity: int, taken: int, waiting: int) -> None:
    assert taken + places_to_give(capacity, min(taken, capacity), waiting) <= max(taken, capacity) + waiting
    assert min(taken, capacity) + places_to_give(capacity, min(taken, capacity), waiting) <= capacity


@given(st.integers(1, 50), counts, st.integers(1, 50))
def test_nobody_passes_those_who_wait(capacity: int, taken: int, waiting: int) -> None:
    assert status_for_next(capacity, taken, waiting, waitlist=True) is Status.WAITLISTED


def test_an_event_without_a_limit_always_has_room() -> None:
    assert status_for_next(None, 10_000, 0, waitlist=False) is Status.CONFIRMED


def test_a_full_event_without_a_waiting_list_refuses() -> None:
    with pytest.raises(EventIsFull):
        status_for_next(2, 2, 0, waitlist=False)
