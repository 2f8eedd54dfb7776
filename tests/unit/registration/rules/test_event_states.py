"""The state of an event at a moment, and what is said of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.registration.rules.event_states import EventState, EventStatus, listing_note, sentence, state_of
from services.registration.rules.events import EventDetails

NOON = datetime(2030, 11, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVENT = EventDetails(title="Webinar", slug="webinar", timezone="Europe/London")
OPENS_LATER, CLOSED_BY_NOW = replace(EVENT, opens_at=NOON + HOUR), replace(EVENT, closes_at=NOON)
SWITCHED_OFF = replace(EVENT, takes_registrations=False)
TEN, TEN_ALONE = replace(EVENT, capacity=10), replace(EVENT, capacity=10, waitlist=False)


def state(event: EventDetails, status: EventStatus = EventStatus.PUBLISHED, **given: int) -> EventState:
    ends_at = NOON + timedelta(hours=given.get("ends_in", 2))
    return state_of(event, status, ends_at, taken=given.get("taken", 0), waiting=given.get("waiting", 0), at=NOON)


@pytest.mark.parametrize(
    ("event", "given", "expected"),
    [
        (EVENT, {}, EventState.OPEN),
        (EVENT, {"ends_in": 0}, EventState.OVER),
        (SWITCHED_OFF, {}, EventState.CLOSED),
        (SWITCHED_OFF, {"ends_in": 0}, EventState.OVER),
        (CLOSED_BY_NOW, {}, EventState.CLOSED),
        (replace(EVENT, closes_at=NOON + HOUR), {}, EventState.OPEN),
        (OPENS_LATER, {}, EventState.NOT_OPEN_YET),
        (replace(EVENT, opens_at=NOON), {}, EventState.OPEN),
        (replace(OPENS_LATER, takes_registrations=False), {}, EventState.CLOSED),
        (TEN, {"taken": 9}, EventState.OPEN),
        (TEN, {"taken": 10}, EventState.WAITING_LIST),
        (TEN, {"taken": 9, "waiting": 1}, EventState.WAITING_LIST),
        (TEN_ALONE, {"taken": 10}, EventState.FULL),
        (replace(TEN_ALONE, closes_at=NOON), {"taken": 10}, EventState.CLOSED),
    ],
)
def test_a_published_event_has_one_state(event: EventDetails, given: dict[str, int], expected: EventState) -> None:
    assert state(event, EventStatus.PUBLISHED, **given) is expected


@pytest.mark.parametrize("hours", [0, 2])
def test_drafts_and_cancelled_events_stay_so_when_their_time_has_passed(hours: int) -> None:
    assert state(EVENT, EventStatus.DRAFT, ends_in=hours) is EventState.DRAFT
    assert state(EVENT, EventStatus.CANCELLED, ends_in=hours) is EventState.CANCELLED


def test_an_event_without_sessions_is_not_over() -> None:
    assert state_of(EVENT, EventStatus.PUBLISHED, None, taken=0, waiting=0, at=NOON) is EventState.OPEN


def test_only_open_events_and_waiting_lists_take_registrations() -> None:
    taking = {state for state in EventState if state.takes_registrations}
    assert taking == {EventState.OPEN, EventState.WAITING_LIST}


def test_each_state_has_its_sentence() -> None:
    assert [one for one in EventState if not sentence(one, EVENT, NOON)] == [EventState.OPEN]


def test_the_time_of_opening_is_said_in_the_events_zone() -> None:
    event = replace(EVENT, opens_at=datetime(2030, 6, 4, 11, 30, tzinfo=UTC))
    soon = sentence(EventState.NOT_OPEN_YET, event, datetime(2030, 5, 1, tzinfo=UTC))
    assert soon == "Registration opens on Tuesday 4 June, 12.30 (British Summer Time)."
    far_ahead = sentence(EventState.NOT_OPEN_YET, event, datetime(2029, 5, 1, tzinfo=UTC))
    assert far_ahead == "Registration opens on Tuesday 4 June 2030, 12.30 (British Summer Time)."


@pytest.mark.parametrize(
    ("event", "is_full", "said"),
    [
        (EVENT, False, ""),
        (OPENS_LATER, False, "Registration opens on Monday 4 November 2030, 13.00 (Greenwich Mean Time)."),
        (
            replace(OPENS_LATER, closes_at=NOON + 2 * HOUR),
            False,
            "Registration opens on Monday 4 November 2030, 13.00 (Greenwich Mean Time). "
            "Registration closes on Monday 4 November 2030, 14.00 (Greenwich Mean Time).",
        ),
        (SWITCHED_OFF, True, "Registration has closed."),
        (CLOSED_BY_NOW, False, "Registration has closed."),
        (TEN, True, "Every place is taken. You can join the waiting list."),
        (TEN_ALONE, True, "Every place is taken, and there is no waiting list."),
    ],
)
def test_public_calendars_say_when_people_can_register(event: EventDetails, is_full: bool, said: str) -> None:
    assert listing_note(event, is_full=is_full, at=NOON) == said
