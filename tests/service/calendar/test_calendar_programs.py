"""Invites filed on a real CalDAV server, and calendars that a real program subscribes to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from shared.contracts.notices import Invite, Kind
from shared.web.tokens import Purpose, sign
from tests.support.calendar_programs import CalDav, Subscriber, events_in, radicale
from tests.support.calendar_world import SECRET, STATED, World, a_notice, an_event, without_session
from tests.support.web_server import served

HOUR = timedelta(hours=1)
NOVEMBER = an_event("2027-11-04T12:30")
STARTS = NOVEMBER.sessions[0].starts_at
WEEKLY = an_event("2027-11-04T12:30", "2027-11-11T12:30", "2027-11-18T12:30", "2027-11-25T12:30")
"""All in winter: over a change of clocks Radicale 3.9 keeps a series at its summer hour, as vobject with pytz does."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


@pytest.fixture
def caldav(tmp_path: Path) -> Iterator[CalDav]:
    folder = tmp_path / "radicale"
    folder.mkdir()
    with radicale(folder) as running:
        yield running


def content(invite: Invite | None) -> str:
    assert invite is not None
    return invite.content


def test_an_invite_moves_and_goes_on_a_calendar_server(world: World, caldav: CalDav) -> None:
    caldav.file(content(world.tell(a_notice(NOVEMBER))))
    assert [str(event["SUMMARY"]) for event in caldav.at(STARTS)] == ["Learning together"]
    assert caldav.at(STARTS - HOUR) == caldav.at(STARTS + 2 * HOUR) == []

    moved = an_event("2027-11-05T09:00")
    later = STATED + timedelta(hours=1)
    caldav.file(content(world.tell(a_notice(moved, Kind.CHANGED, stated_at=later))))
    assert caldav.at(STARTS) == []
    (event,) = caldav.at(moved.sessions[0].starts_at)
    assert event["SEQUENCE"] == 1

    gone = a_notice(moved, Kind.CANCELLED, holds_place=False, stated_at=later + HOUR)
    caldav.file(content(world.tell(gone)))
    (event,) = caldav.at(moved.sessions[0].starts_at)
    assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CANCELLED", 2)


def test_a_server_finds_each_session_of_a_series_and_none_that_is_off(world: World, caldav: CalDav) -> None:
    changed = without_session(WEEKLY, 2)
    last = replace(changed.sessions[3], starts_at=datetime(2027, 11, 26, 9, 0, tzinfo=UTC))
    last = replace(last, ends_at=last.starts_at + HOUR)
    changed = replace(changed, sessions=(*changed.sessions[:3], last))

    caldav.file(content(world.tell(a_notice(WEEKLY))))
    assert [bool(caldav.at(session.starts_at)) for session in WEEKLY.sessions] == [True] * 4
    caldav.file(content(world.tell(a_notice(changed, Kind.CHANGED, stated_at=STATED + HOUR))))

    assert [bool(caldav.at(session.starts_at)) for session in WEEKLY.sessions] == [True, False, True, False]
    assert caldav.at(last.starts_at)


def test_whoever_subscribes_follows_every_change(world: World, caldav: CalDav, tmp_path: Path) -> None:
    world.show(NOVEMBER)
    with served(world.app) as address:
        subscriber = Subscriber(tmp_path / "subscriber", f"{address}/calendar/events/learning-e1.ics", caldav)
        subscriber.look_again()
        (event,) = caldav.at(STARTS)
        assert "ATTENDEE" not in event
        moved = an_event("2028-06-06T09:00", title="Learning apart")
        world.show(moved, stated_at=STATED + HOUR)
        subscriber.look_again()
    assert caldav.at(STARTS) == []
    assert [str(event["SUMMARY"]) for event in caldav.at(moved.sessions[0].starts_at)] == ["Learning apart"]


def test_a_personal_calendar_can_be_subscribed_to(world: World, caldav: CalDav, tmp_path: Path) -> None:
    world.tell(a_notice(WEEKLY))
    token = sign(SECRET, Purpose.CALENDAR_FEED, "p1", datetime(2030, 1, 1, tzinfo=UTC))
    with served(world.app) as address:
        Subscriber(tmp_path / "subscriber", f"{address}/calendar/people/{token}.ics", caldav).look_again()
    for session in WEEKLY.sessions:
        (event,) = caldav.at(session.starts_at)
        assert str(event["CONFERENCE"]) == session.join_url


def test_whoever_has_a_calendar_already_is_not_sent_it_again(world: World) -> None:
    world.show(NOVEMBER)
    with served(world.app) as address:
        feed = f"{address}/calendar/events/learning-e1.ics"
        with urlopen(feed) as answer:
            assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
            (event,) = events_in(answer.read().decode())
            etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
        assert event["DTSTART"].dt == STARTS
        for known in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
            with pytest.raises(HTTPError) as not_modified:
                urlopen(Request(feed, headers=known))
            assert (not_modified.value.code, not_modified.value.read()) == (304, b"")
