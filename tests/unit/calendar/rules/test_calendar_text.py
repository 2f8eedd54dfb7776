"""What is read of the calendars that strangers send, and what that costs."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from icalendar import Calendar

from services.calendar.rules import answers
from services.calendar.rules.answers import Ignored, replies_in
from services.calendar.rules.calendar_text import Malformed, calendars_in, needed_lines
from tests.support.calendar_replies import ADA, a_calendar

RECEIVED = datetime(2027, 10, 21, tzinfo=UTC)
MANY = 9000
FLOODS = {
    "22,000 attendees": a_calendar(
        attendee="\r\n".join(f"ATTENDEE;PARTSTAT=DECLINED:mailto:a{number}@b.c" for number in range(22_000))
        + f"\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{ADA}"
    ),
    "her own address again and again": a_calendar(attendee=f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ADA}\r\n" * MANY),
    "comments": a_calendar(more="COMMENT:Thank you so much for everything\r\n" * MANY),
    "properties of their own": a_calendar(more="X-A;B=C;D=E:mailto:ada@example.org\r\n" * MANY),
    "versions": a_calendar(more="SEQUENCE:0\r\n" * MANY),
    "a long line": a_calendar(more="EXDATE:" + ",".join(["20271104T123000Z"] * 50_000)),
    "folds": a_calendar(more="DESCRIPTION:" + "\r\n x" * 200_000),
}  # fmt: skip


@pytest.mark.parametrize("calendar", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_lines_reaches_the_parser_as_the_few_that_count(
    calendar: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def parse(text: str) -> Calendar:
        parsed.append(text)
        return Calendar.from_ical(text)

    monkeypatch.setattr(answers, "Calendar", SimpleNamespace(from_ical=parse))
    raw = f"From: {ADA}\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n{calendar}".encode()
    (reply,) = replies_in(raw, received_at=RECEIVED)
    assert reply.answer == "accepted"
    assert [text.count("ATTENDEE") for text in parsed] == [1]
    assert len(parsed[0].splitlines()) < 30


def test_only_the_first_fifty_calendars_of_a_mail_are_looked_at() -> None:
    empty = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    for count, is_read in ((40, True), (60, False)):
        raw = f"From: {ADA}\r\nContent-Type: text/calendar\r\n\r\n{empty * count}{a_calendar()}".encode()
        if is_read:
            assert replies_in(raw, received_at=RECEIVED)
        else:
            with pytest.raises(Ignored, match=r"no answer|too many calendars"):
                replies_in(raw, received_at=RECEIVED)


@pytest.mark.parametrize("charset", ["punycode", "idna", "undefined", "no-such", "rot13"])
def test_an_odd_character_set_is_read_as_utf_8(charset: str) -> None:
    kind = f"text/calendar; method=REPLY; charset={charset}"
    assert replies_in(f"From: {ADA}\r\nContent-Type: {kind}\r\n\r\n{a_calendar()}".encode(), received_at=RECEIVED)


def test_text_around_a_calendar_is_left_out_and_folded_lines_are_joined() -> None:
    text = "Hello\r\n> BEGIN:VCALENDAR\r\nBEGIN:VCALENDAR\r\nSUMMARY:a\r\n b\r\nEND:VCALENDAR\r\nEND:VEVENT\r\n"
    assert list(calendars_in(text)) == [["BEGIN:VCALENDAR", "SUMMARY:ab", "END:VCALENDAR"]]


def test_a_calendar_without_its_end_is_none() -> None:
    assert list(calendars_in(a_calendar().replace("END:VCALENDAR", ""))) == []


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("BEGIN:VALARM\nEND:VALARM\n" * 50, "too many components"),
        ("BEGIN:X\n" * 4 + "END:X\n" * 4, "in one another"),
        ("END:VTODO\n", "out of shape"),
    ],
)
def test_a_calendar_out_of_shape_is_refused(more: str, reason: str) -> None:
    (calendar,) = calendars_in(a_calendar(more=more))
    with pytest.raises(Malformed, match=reason):
        needed_lines(calendar, [ADA])
