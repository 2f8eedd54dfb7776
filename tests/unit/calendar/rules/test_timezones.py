"""VTIMEZONE components, read by a parser that knows nothing but their rules, as Outlook does."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.ics import render_invite
from services.calendar.rules.posix_tz import read_posix_tz
from services.calendar.rules.timezones import local_or_utc, vtimezone
from tests.support.calendar_examples import an_event, an_issue

WITH_A_YEARLY_RULE = [
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/St_Johns",
    "Pacific/Chatham",
    "Australia/Sydney",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Pacific/Pago_Pago",
    "Pacific/Apia",
]
WITHOUT = ["Africa/Casablanca", "Africa/El_Aaiun", "Asia/Gaza", "Asia/Hebron"]


@pytest.mark.parametrize("name", WITH_A_YEARLY_RULE)
def test_each_observance_has_one_start_and_no_list_of_dates(name: str) -> None:
    text = vtimezone(name)
    assert "RDATE" not in text
    assert text.count("DTSTART") == text.count("BEGIN:STANDARD") + text.count("BEGIN:DAYLIGHT")


@pytest.mark.parametrize("name", WITH_A_YEARLY_RULE)
def test_local_times_of_two_years_come_out_at_their_instants(name: str) -> None:
    zone, read = ZoneInfo(name), tzical(StringIO(vtimezone(name))).get()
    assert read is not None
    for hours in range(0, 2 * 366 * 24, 7):
        instant = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        written = local_or_utc(instant, zone)
        if written.tzinfo is not UTC:
            assert written.replace(tzinfo=read).astimezone(UTC) == instant


@pytest.mark.parametrize("name", WITHOUT)
def test_a_zone_that_no_yearly_rule_states_is_written_in_utc(name: str) -> None:
    invite = render_invite(an_issue(an_event("2027-02-20T10:00", zone=name)))
    instant = datetime(2027, 2, 20, 10, tzinfo=ZoneInfo(name)).astimezone(UTC)
    assert f"DTSTART:{instant:%Y%m%dT%H%M%SZ}" in invite
    assert "VTIMEZONE" not in invite


def test_a_summer_event_in_london_begins_at_nine_in_utc() -> None:
    invite = render_invite(an_issue(an_event("2027-06-10T10:00")))
    zone = invite[invite.index("BEGIN:VTIMEZONE") : invite.index("END:VTIMEZONE") + 13]
    read = tzical(StringIO(zone + "\r\n")).get()
    assert "DTSTART;TZID=Europe/London:20270610T100000" in invite
    assert datetime(2027, 6, 10, 10, tzinfo=read).astimezone(UTC) == datetime(2027, 6, 10, 9, tzinfo=UTC)


@given(st.text(alphabet="GMTBS0123,./-+<>JM:", max_size=40))
def test_a_text_that_is_no_rule_breaks_nothing(text: str) -> None:
    read_posix_tz(text)
