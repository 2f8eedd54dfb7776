"""Dates in words, in the event's own zone and with the zone's name of that day."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.i18n.dates import when
from tests.support.mail_examples import a_session


@pytest.mark.parametrize(
    ("starts_at", "timezone", "day", "zone"),
    [
        ("2027-11-04T12:30Z", "Europe/London", "Thursday 4 November 2027", "Greenwich Mean Time, London"),
        ("2027-06-03T11:30Z", "Europe/London", "Thursday 3 June 2027", "British Summer Time, London"),
        ("2027-06-03T11:30Z", "Europe/Belfast", "Thursday 3 June 2027", "British Summer Time, Belfast"),
        ("2027-11-04T07:00Z", "Asia/Kolkata", "Thursday 4 November 2027", "India Standard Time, Kolkata"),
        ("2027-10-30T16:30Z", "America/New_York", "Saturday 30 October 2027", "Eastern Daylight Time, New York"),
        ("2027-01-04T12:30Z", "Europe/Dublin", "Monday 4 January 2027", "Greenwich Mean Time, Dublin"),
        ("2027-07-05T11:30Z", "Europe/Dublin", "Monday 5 July 2027", "Irish Standard Time, Dublin"),
        ("2027-07-05T09:30Z", "Europe/Kyiv", "Monday 5 July 2027", "Eastern European Summer Time, Kyiv"),
        ("2027-07-05T12:30Z", "UTC", "Monday 5 July 2027", "Coordinated Universal Time"),
        ("2027-07-05T17:30Z", "Etc/GMT+5", "Monday 5 July 2027", "GMT-05:00"),
    ],
)
def test_a_session_is_told_in_its_own_zone(starts_at: str, timezone: str, day: str, zone: str) -> None:
    starts = datetime.fromisoformat(starts_at)
    told = when(a_session(starts_at=starts, ends_at=starts + timedelta(minutes=90)), timezone)
    assert told == (day, "12.30 to 14.00", zone)
    assert str(told) == f"{day}, 12.30 to 14.00 ({zone})"


def test_a_session_past_midnight_names_both_days() -> None:
    starts = datetime(2027, 11, 4, 23, 0, tzinfo=UTC)
    night = a_session(starts_at=starts, ends_at=starts + timedelta(hours=2))
    assert when(night, "Europe/London").times == "23.00 to Friday 5 November 2027, 01.00"


def test_a_session_in_which_the_clocks_change_names_both_zones() -> None:
    starts = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    night = a_session(starts_at=starts, ends_at=starts + timedelta(hours=2))
    told = str(when(night, "Europe/London"))
    assert told == "Sunday 31 October 2027, 01.30 British Summer Time to 02.30 Greenwich Mean Time (London)"
