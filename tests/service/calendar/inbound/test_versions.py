"""An answer counts for the version that it answers, and shows in the versions after it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.contracts.notices import EventFacts, Invite, Kind
from shared.contracts.receipts import RsvpReceived
from tests.support.calendar_answers import KEY, a_reply, answers_owed, post
from tests.support.calendar_world import ADA, STATED, World, a_notice, an_event, without_session

pytestmark = pytest.mark.usefixtures("late_october")

NOVEMBER = an_event("2027-11-04T12:30")
DECEMBER = an_event("2027-12-02T12:30")
WEEKLY = an_event("2028-06-10T12:30", "2028-06-17T12:30", "2028-06-24T12:30", "2028-07-01T12:30")
SERIES = "r1-e1@charity.example.org"
MOVED = STATED + timedelta(days=30)
BEFORE, AFTER = "20270920T090000Z", "20271020T090000Z"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch, INBOUND_KEY=KEY)


def renamed(event: EventFacts) -> EventFacts:
    return replace(event, title="Learning apart")


def partstat(invite: Invite | None) -> str:
    """The answer that an invite shows, of each VEVENT."""
    assert invite is not None
    unfolded = invite.content.replace("\r\n ", "")
    attendees = [line for line in unfolded.splitlines() if line.startswith("ATTENDEE")]
    return " ".join(line.partition("PARTSTAT=")[2].partition(";")[0] for line in attendees)


@pytest.mark.parametrize("stamp", [BEFORE, AFTER])
def test_an_answer_to_the_old_time_does_not_count_for_the_new_one(world: World, stamp: str) -> None:
    world.tell(a_notice(NOVEMBER))
    world.tell(a_notice(DECEMBER, Kind.CHANGED, stated_at=MOVED))
    assert post(world, a_reply("DECLINED", sequence=0, stamp=stamp)).json["reason"] == "it answers an earlier invite"
    assert answers_owed(world) == []
    assert post(world, a_reply("DECLINED", sequence=1, stamp=AFTER)).json["accepted"]


def test_without_a_sequence_the_time_of_the_answer_tells(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    world.tell(a_notice(DECEMBER, Kind.CHANGED, stated_at=MOVED))
    old, new = (a_reply(stamp=stamp).replace(b"SEQUENCE:0\r\n", b"") for stamp in (BEFORE, AFTER))
    assert not post(world, old).json["accepted"]
    assert post(world, new).json["accepted"]


def test_a_late_no_to_a_registration_that_was_cancelled_does_not_decline_the_new_one(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    world.tell(a_notice(NOVEMBER, Kind.CANCELLED, holds_place=False, stated_at=STATED + timedelta(days=1)))
    assert post(world, a_reply("DECLINED", sequence=1)).json["reason"] == "the invite has been withdrawn"
    world.tell(a_notice(NOVEMBER, stated_at=MOVED))
    assert post(world, a_reply("DECLINED", sequence=0)).json["reason"] == "it answers an earlier invite"
    assert post(world, a_reply("ACCEPTED", sequence=2)).json["accepted"]
    assert [answer for _, _, answer in answers_owed(world)] == ["accepted"]


def test_an_answer_from_an_address_that_was_wrong_is_not_the_answer_of_the_corrected_one(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    assert post(world, a_reply("ACCEPTED", sequence=0)).json["accepted"]
    corrected = replace(ADA, person_id="p2", email="ada.right@example.org")
    assert partstat(world.tell(replace(a_notice(NOVEMBER, stated_at=MOVED), recipient=corrected))) == "NEEDS-ACTION"
    answer = a_reply("DECLINED", sequence=1, stamp=BEFORE).replace(b"ada@example.org", b"ada.right@example.org")
    assert post(world, answer).json["accepted"]


def test_an_answer_to_the_old_title_counts_because_the_time_is_the_same(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    world.tell(a_notice(renamed(NOVEMBER), Kind.CHANGED, stated_at=MOVED))
    assert post(world, a_reply(sequence=0, stamp=BEFORE)).json["accepted"]


def test_an_answer_to_a_version_that_we_never_sent_passes(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    assert post(world, a_reply(sequence=9)).json["accepted"]


def test_a_new_title_keeps_the_answer_and_a_new_time_asks_again(world: World) -> None:
    first = world.tell(a_notice(NOVEMBER))
    post(world, a_reply("TENTATIVE", stamp=BEFORE))
    named = world.tell(a_notice(renamed(NOVEMBER), Kind.CHANGED, stated_at=MOVED))
    moved = world.tell(a_notice(DECEMBER, Kind.CHANGED, stated_at=MOVED + timedelta(days=1)))
    titled = world.tell(a_notice(renamed(DECEMBER), Kind.CHANGED, stated_at=MOVED + timedelta(days=2)))
    assert [partstat(invite) for invite in (first, named, moved, titled)] == [
        "NEEDS-ACTION",
        "TENTATIVE",
        "NEEDS-ACTION",
        "NEEDS-ACTION",
    ]


def test_a_no_that_was_not_proved_is_asked_again(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    post(world, a_reply("DECLINED", stamp=BEFORE))
    assert partstat(world.tell(a_notice(renamed(NOVEMBER), Kind.CHANGED, stated_at=MOVED))) == "NEEDS-ACTION"


def test_a_no_to_one_date_shows_at_that_date_alone(world: World) -> None:
    world.tell(a_notice(WEEKLY))
    post(world, a_reply("ACCEPTED", uid=SERIES, stamp=BEFORE))
    post(world, a_reply("TENTATIVE", uid=SERIES, more="RECURRENCE-ID;VALUE=DATE:20280617\r\n"))
    named = replace(WEEKLY.sessions[1], location="The hall")
    event = replace(WEEKLY, sessions=(WEEKLY.sessions[0], named, *WEEKLY.sessions[2:]))
    assert partstat(world.tell(a_notice(event, Kind.CHANGED, stated_at=MOVED))) == "ACCEPTED TENTATIVE"


def test_a_time_ahead_of_the_receipt_does_not_block_later_answers(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    assert post(world, a_reply("DECLINED", stamp="20990101T000000Z")).json["accepted"]
    assert post(world, a_reply("ACCEPTED", stamp="20271025T090000Z")).json["accepted"]
    assert [answer for _, _, answer in answers_owed(world)] == ["declined", "accepted"]


@pytest.mark.parametrize(
    "recurrence_id",
    [
        "RECURRENCE-ID;VALUE=DATE:20280617",
        "RECURRENCE-ID:20280617T113000Z",
        "RECURRENCE-ID:20280617T123000",
        "RECURRENCE-ID;TZID=Europe/London:20280617T123000",
    ],
)
def test_a_no_to_one_date_declines_that_session_alone(world: World, recurrence_id: str) -> None:
    world.tell(a_notice(WEEKLY))
    assert post(world, a_reply("DECLINED", uid=SERIES, more=f"{recurrence_id}\r\n")).json["accepted"]
    assert answers_owed(world) == [("rsvp r1/e1s2", 1, "declined")]


@pytest.mark.parametrize(
    "recurrence_id",
    [
        "RECURRENCE-ID;VALUE=DATE:20280618",
        "RECURRENCE-ID:20280617T123000Z",
        "RECURRENCE-ID:nonsense",
        "RECURRENCE-ID;VALUE=PERIOD:20280617T113000Z/PT1H",
    ],
)
def test_a_date_that_is_none_of_ours_never_declines_the_series(world: World, recurrence_id: str) -> None:
    world.tell(a_notice(WEEKLY))
    assert not post(world, a_reply("DECLINED", uid=SERIES, more=f"{recurrence_id}\r\n")).json["accepted"]
    assert answers_owed(world) == []


def test_an_answer_to_a_session_that_was_cancelled_is_ignored(world: World) -> None:
    world.tell(a_notice(WEEKLY))
    world.tell(a_notice(without_session(WEEKLY, 2), Kind.CHANGED, stated_at=MOVED))
    late = a_reply("DECLINED", uid=SERIES, sequence=1, more="RECURRENCE-ID;VALUE=DATE:20280617\r\n")
    assert post(world, late).json["reason"] == "the session is cancelled"


def test_an_answer_from_another_address_is_ignored_whatever_it_says(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    forged = a_reply("DECLINED", sender="eve@example.org")
    assert post(world, forged).json["reason"] == "the mail does not come from the attendee"
    assert answers_owed(world) == []


def test_what_was_proved_is_told_to_registration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, monkeypatch, INBOUND_KEY=KEY, TRUSTED_AUTHSERV_ID="mx.charity.example.org")
    world.tell(a_notice(NOVEMBER))
    passed = "Authentication-Results: mx.charity.example.org; dmarc=pass header.from=example.org\r\n"
    failed = passed.replace("pass", "fail")
    assert post(world, a_reply("DECLINED", headers=failed)).json["accepted"] is False
    for headers, stamp in (("", BEFORE), (passed, BEFORE), (passed, BEFORE)):
        post(world, a_reply("DECLINED", headers=headers, stamp=stamp))
    bodies = [row.body for row in world.owed() if row.queue == "registration"]
    assert [RsvpReceived.wire_schema.load(body).proved for body in bodies] == [False, True]
    named = world.tell(a_notice(renamed(NOVEMBER), Kind.CHANGED, stated_at=MOVED, recipient=ADA))
    assert partstat(named) == "DECLINED"
