"""Which shape an event takes in a calendar."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.rules.invite_plan import Series, Slot, find_series, plan_invites
from shared.contracts.notices import EventFacts
from tests.support.calendar_examples import STATED, a_session, an_event

WEEKLY = an_event("2027-11-04T12:30", "2027-11-11T12:30", "2027-11-18T12:30")


@pytest.mark.parametrize(
    ("starts", "rule"),
    [
        (["2027-10-21T12:30", "2027-10-28T12:30", "2027-11-04T12:30"], "FREQ=WEEKLY;BYDAY=TH"),
        (["2027-10-21T12:30", "2027-11-04T12:30", "2027-11-18T12:30"], "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH"),
        (["2027-09-15T18:00", "2027-10-15T18:00", "2027-11-15T18:00"], "FREQ=MONTHLY;BYMONTHDAY=15"),
        (["2027-09-02T18:00", "2027-10-07T18:00", "2027-11-04T18:00"], "FREQ=MONTHLY;BYDAY=1TH"),
        (["2027-09-30T18:00", "2027-10-28T18:00", "2027-11-25T18:00", "2027-12-30T18:00"], "FREQ=MONTHLY;BYDAY=-1TH"),
    ],
)
def test_a_plain_pattern_is_a_series(starts: list[str], rule: str) -> None:
    series = find_series(an_event(*starts))
    assert series is not None
    assert series.rule == rule
    assert [slot.session_id for slot in series.slots] == [f"s{number}" for number in range(1, len(starts) + 1)]


@pytest.mark.parametrize(
    "starts",
    [
        ["2027-11-04T12:30", "2027-11-09T10:00"],
        ["2027-11-04T12:30", "2027-11-11T13:30"],
        ["2027-11-04T09:00", "2027-11-04T14:00"],
        ["2027-11-04T12:30", "2027-11-11T12:30", "2027-11-19T12:30"],
        ["2027-10-24T01:30", "2027-10-31T01:30"],
    ],
)
def test_what_has_no_plain_pattern_is_no_series(starts: list[str]) -> None:
    assert find_series(an_event(*starts)) is None


def test_a_long_programme_may_skip_a_week() -> None:
    series = find_series(an_event("2027-11-04T12:30", "2027-11-11T12:30", "2027-11-25T12:30", "2027-12-02T12:30"))
    assert series is not None
    assert [slot.session_id for slot in series.slots] == ["s1", "s2", None, "s3", "s4"]


def test_a_series_that_was_sent_stays_one_when_a_session_moves() -> None:
    before = find_series(WEEKLY)
    moved = an_event("2027-11-05T09:00", "2027-11-11T12:30", "2027-11-18T12:30")
    assert before is not None
    assert find_series(moved, before) == before


def test_a_series_that_moves_as_a_whole_is_a_new_plain_series() -> None:
    fridays = an_event("2027-11-05T10:00", "2027-11-12T10:00", "2027-11-19T10:00")
    series = find_series(fridays, find_series(WEEKLY))
    assert series is not None
    assert series.rule == "FREQ=WEEKLY;BYDAY=FR"


def test_sessions_that_come_and_go_take_and_leave_their_slots() -> None:
    before = find_series(WEEKLY)
    assert before is not None
    sessions = (WEEKLY.sessions[0], WEEKLY.sessions[2], a_session("2027-12-06T09:00", 4))
    after = find_series(replace(WEEKLY, sessions=sessions), before)
    assert after is not None
    assert [slot.session_id for slot in after.slots] == ["s1", None, "s3", "s4"]
    assert after.slots[3].starts_at == datetime(2027, 11, 25, 12, 30, tzinfo=UTC)


def test_one_session_and_a_series_ride_on_the_notice() -> None:
    assert plan_invites(an_event("2027-11-04T12:30"), at=STATED).part_ids == {"s1"}
    assert plan_invites(WEEKLY, at=STATED).part_ids == {"e1"}


def irregular(count: int) -> EventFacts:
    days = [datetime(2027, 11, 1) + timedelta(days=number * number, hours=9 + number % 3) for number in range(count)]
    return an_event(*(day.isoformat() for day in days))


def test_irregular_sessions_have_a_mail_each_up_to_six() -> None:
    assert [part.id for part in plan_invites(irregular(6), at=STATED).separate] == ["s1", "s2", "s3", "s4", "s5", "s6"]
    assert plan_invites(irregular(7), at=STATED).part_ids == set()


def test_what_is_over_is_not_invited_to_and_does_not_count() -> None:
    event = irregular(8)
    after_two = event.sessions[1].ends_at
    assert [part.id for part in plan_invites(event, at=after_two).separate] == ["s3", "s4", "s5", "s6", "s7", "s8"]


def test_separate_invites_stay_separate_when_the_event_becomes_regular() -> None:
    assert [part.id for part in plan_invites(WEEKLY, at=STATED, invited={"s1"}).separate] == ["s1", "s2", "s3"]


def test_whoever_has_separate_invites_gets_one_for_each_new_session_too() -> None:
    event = irregular(8)
    invited = {session.id for session in event.sessions[:3]}
    assert plan_invites(event, at=STATED, invited=invited).part_ids == {session.id for session in event.sessions}


DAYS = st.dates(date(2027, 1, 1), date(2028, 12, 31))
EVENTS = st.builds(
    lambda days, hour: an_event(*(f"{day.isoformat()}T{hour:02}:30" for day in days)),
    st.lists(DAYS, min_size=2, max_size=9, unique=True),
    st.integers(0, 23),
)


@given(event=EVENTS, before=st.none() | st.just(find_series(WEEKLY)))
def test_every_session_has_exactly_one_slot(event: EventFacts, before: Series | None) -> None:
    series = find_series(event, before)
    if series:
        held = [slot.session_id for slot in series.slots if slot.session_id]
        assert sorted(held) == sorted(session.id for session in event.sessions)
        assert len({slot.starts_at for slot in series.slots}) == len(series.slots)


@given(first=DAYS, count=st.integers(2, 12), weeks=st.integers(1, 4), hour=st.integers(3, 23))
def test_every_weekly_programme_is_a_series_without_exceptions(first: date, count: int, weeks: int, hour: int) -> None:
    days = [first + timedelta(weeks=weeks * number) for number in range(count)]
    event = an_event(*(f"{day.isoformat()}T{hour:02}:15" for day in days))
    series = find_series(event)
    assert series is not None
    assert series.slots == tuple(Slot(session.starts_at, session.id) for session in event.sessions)
    hours = {slot.starts_at.astimezone(ZoneInfo("Europe/London")).hour for slot in series.slots}
    assert hours == {hour}
