"""Calendars to subscribe to, as a calendar program fetches them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from shared.contracts.notices import Kind
from shared.web.tokens import Purpose, sign
from tests.support.calendar_world import SECRET, STATED, World, a_notice, an_event, without_session

NOVEMBER = an_event("2027-11-04T12:30")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def own_feed(person_id: str = "p1", until: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> str:
    return f"/calendar/people/{sign(SECRET, Purpose.CALENDAR_FEED, person_id, until)}.ics"


def test_a_published_event_has_a_calendar(world: World) -> None:
    world.show(NOVEMBER)
    answer = world.client.get("/calendar/events/learning-e1.ics")
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert "UID:e1s1@charity.example.org" in answer.text
    assert "ATTENDEE" not in answer.text
    assert "meet.example.org" not in answer.text


def test_a_reader_who_has_it_already_is_told_so(world: World) -> None:
    world.show(NOVEMBER)
    first = world.client.get("/calendar/events/learning-e1.ics")
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert not etag.startswith("W/")
    assert modified == "Wed, 01 Sep 2027 08:00:00 GMT"
    for header in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        again = world.client.get("/calendar/events/learning-e1.ics", headers=header)
        assert (again.status_code, again.data) == (304, b"")


def test_a_change_changes_the_etag(world: World) -> None:
    world.show(NOVEMBER)
    etag = world.client.get("/calendar/events/learning-e1.ics").headers["ETag"]
    world.show(replace(NOVEMBER, title="Learning apart"), stated_at=STATED + timedelta(minutes=1))
    assert world.client.get("/calendar/events/learning-e1.ics", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize("path", ["/calendar/events/nothing.ics", "/calendar/people/nonsense.ics"])
def test_what_is_not_there_is_not_found_in_plain_words(world: World, path: str) -> None:
    answer = world.client.get(path)
    assert answer.status_code == 404
    assert answer.content_type == "text/plain; charset=utf-8"


def test_a_draft_is_not_shown(world: World) -> None:
    world.show(NOVEMBER, "draft")
    assert world.client.get("/calendar/events/learning-e1.ics").status_code == 404
    assert "BEGIN:VEVENT" not in world.client.get("/calendar/feed.ics").text


def test_an_entry_says_how_registration_stands_unless_the_event_is_cancelled(world: World) -> None:
    closed = replace(NOVEMBER, description="About us.", registration="Registration has closed.")
    world.show(closed)
    assert (
        "DESCRIPTION:Registration has closed.\\n\\nAbout us."
        in world.client.get("/calendar/events/learning-e1.ics").text
    )
    world.show(closed, "cancelled", STATED + timedelta(minutes=1))
    cancelled = world.client.get("/calendar/events/learning-e1.ics").text
    assert "STATUS:CANCELLED" in cancelled
    assert "Registration has closed." not in cancelled


def test_a_link_whose_time_is_over_is_gone(world: World) -> None:
    assert world.client.get(own_feed(until=datetime(2020, 1, 1, tzinfo=UTC))).status_code == 410


def test_the_feed_of_everything_holds_what_is_published(world: World) -> None:
    world.show(NOVEMBER)
    world.show(an_event("2027-12-01T10:00", event_id="e2"))
    text = world.client.get("/calendar/feed.ics").text
    assert text.count("BEGIN:VEVENT") == 2
    assert "X-WR-CALNAME:Example Charity" in text


@time_machine.travel(STATED, tick=False)
def test_a_cancelled_event_stays_for_thirty_days(world: World) -> None:
    world.show(NOVEMBER, "cancelled")
    path = "/calendar/events/learning-e1.ics"
    first = world.client.get(path)
    assert "STATUS:CANCELLED" in first.text
    with time_machine.travel(STATED + timedelta(days=29), tick=False):
        assert "STATUS:CANCELLED" in world.client.get(path).text
    with time_machine.travel(STATED + timedelta(days=31), tick=False):
        since = {"If-Modified-Since": first.headers["Last-Modified"]}
        answer = world.client.get(path, headers=since)
        assert answer.status_code == 200
        assert "BEGIN:VEVENT" not in answer.text


@time_machine.travel(STATED, tick=False)
def test_telling_it_again_does_not_prolong_a_cancellation(world: World) -> None:
    event = without_session(an_event("2027-11-04T12:30", "2027-11-09T10:00"), 2)
    world.show(event)
    world.show(event, stated_at=STATED + timedelta(days=20))
    with time_machine.travel(STATED + timedelta(days=31), tick=False):
        assert "STATUS:CANCELLED" not in world.client.get("/calendar/events/learning-e1.ics").text


def test_a_person_sees_their_own_calendar_with_the_way_in(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    answer = world.client.get(own_feed())
    assert "CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://meet.example.org/a" in answer.text
    assert "UID:r1-e1s1@charity.example.org" in answer.text
    assert "ATTENDEE" not in answer.text
    assert "private" in answer.headers["Cache-Control"]
    assert "BEGIN:VEVENT" not in world.client.get(own_feed("p2")).text


def test_sessions_too_many_to_mail_are_in_the_persons_calendar(world: World) -> None:
    many = an_event(*(f"2027-11-{day:02}T{day % 5 + 9:02}:00" for day in (1, 2, 5, 9, 12, 17, 26)))
    world.tell(a_notice(many))
    assert world.client.get(own_feed()).text.count("BEGIN:VEVENT") == 7


@time_machine.travel(STATED, tick=False)
def test_a_place_given_up_is_shown_as_cancelled_without_the_way_in(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    world.tell(a_notice(NOVEMBER, Kind.CANCELLED, holds_place=False))
    text = world.client.get(own_feed()).text
    assert "STATUS:CANCELLED" in text
    assert "meet.example.org" not in text


def test_a_calendar_can_be_saved_as_a_file(world: World) -> None:
    world.show(NOVEMBER)
    answer = world.client.get("/calendar/events/learning-e1.ics?download=1")
    assert answer.headers["Content-Disposition"] == "attachment; filename=learning-e1.ics"


@pytest.mark.parametrize(
    ("to", "host", "title"),
    [
        ("google", "calendar.google.com", "text"),
        ("outlook", "outlook.live.com", "subject"),
        ("office365", "outlook.office.com", "subject"),
        ("yahoo", "calendar.yahoo.com", "title"),
    ],
)
@time_machine.travel(STATED, tick=False)
def test_web_calendars_open_with_the_session_filled_in(world: World, to: str, host: str, title: str) -> None:
    world.show(NOVEMBER)
    answer = world.client.get(f"/calendar/events/learning-e1/add?to={to}")
    assert answer.status_code == 302
    link = urlsplit(answer.headers["Location"])
    assert link.hostname == host
    assert parse_qs(link.query)[title] == ["Learning together"]
    assert "20271104T123000Z" in answer.headers["Location"].replace("-", "").replace("%3A", "")


@time_machine.travel(STATED, tick=False)
@pytest.mark.parametrize("query", ["to=elsewhere", "to=", "session=unknown", "to=google&session=unknown"])
def test_an_unknown_calendar_or_session_is_not_found(world: World, query: str) -> None:
    world.show(NOVEMBER)
    assert world.client.get(f"/calendar/events/learning-e1/add?{query}").status_code == 404


@time_machine.travel(STATED, tick=False)
def test_a_page_offers_every_calendar_for_the_session_that_was_asked_for(world: World) -> None:
    first, second = an_event("2027-11-04T12:30", "2027-12-02T12:30").sessions
    world.show(replace(NOVEMBER, sessions=(first, replace(second, title="Afterwards"))))
    page = world.client.get("/calendar/events/learning-e1/add?session=e1s2")
    assert page.content_type == "text/html; charset=utf-8"
    assert "Learning together: Afterwards" in page.text
    assert "Thursday 2 December 2027, 12.30 to 14.00 (Greenwich Mean Time, London)" in page.text
    links = re.findall(r'href="(/calendar/[^"]+)"', unescape(page.text))
    calendars = [world.client.get(link) for link in links if "to=" in link]
    assert [answer.status_code for answer in calendars] == [302, 302, 302, 302]
    assert all("1202T123000Z" in answer.headers["Location"].replace("-", "").replace("%3A", "") for answer in calendars)
    assert [link for link in links if "to=" not in link] == ["/calendar/events/learning-e1.ics?download=1"]


@time_machine.travel(STATED, tick=False)
def test_without_a_choice_the_page_is_for_the_next_session(world: World) -> None:
    world.show(NOVEMBER)
    assert "Thursday 4 November 2027" in world.client.get("/calendar/events/learning-e1/add").text


def test_the_service_answers_for_its_health(world: World) -> None:
    assert world.client.get("/calendar/healthz").json == {"status": "ok", "service": "calendar"}
