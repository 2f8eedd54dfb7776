"""Mails that hold no answer, too much, or an answer beside what cannot be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.rules.answers import Ignored
from shared.contracts.receipts import Answer
from tests.support.calendar_replies import ADA, UID, a_calendar
from tests.support.reply_mails import SHAPES, a_mail, read

IGNORED = {
    "an out-of-office note": a_mail(a_calendar(), headers="Auto-Submitted: auto-replied (vacation)\r\n"),
    "an old out-of-office note": a_mail(a_calendar(), headers="X-Autoreply: yes\r\n"),
    "a note with precedence": a_mail(a_calendar(), headers="Precedence: auto_reply\r\n"),
    "a bounce": a_mail(
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
        f"Content-Type: text/calendar; method=REPLY\r\n\r\n{a_calendar()}\r\n--b--\r\n",
        "multipart/report; report-type=delivery-status; boundary=b",
    ),
    "our own invite coming back": a_mail(a_calendar("REQUEST")),
    "no answer yet": a_mail(a_calendar(partstat="NEEDS-ACTION")),
    "a plain mail": a_mail("Thank you, I look forward to it.", "text/plain"),
    "an answer without a time": a_mail(a_calendar().replace("DTSTAMP:20271020T091500Z\r\n", "")),
    "an answer to nothing": a_mail(a_calendar().replace(f"UID:{UID}\r\n", "")),
    "half a calendar": a_mail(a_calendar()[:120]),
    "nothing": b"",
}


@pytest.mark.parametrize("raw", IGNORED.values(), ids=IGNORED)
def test_what_is_no_answer_is_ignored(raw: bytes) -> None:
    with pytest.raises(Ignored):
        read(raw)


def nested_mail(levels: int) -> bytes:
    part = a_mail(a_calendar())
    for level in range(levels):
        part = f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n".encode() + part
        part += f"\r\n--b{level}--\r\n".encode()
    return f"From: {ADA}\r\n".encode() + part


def test_too_much_is_refused_before_it_is_parsed() -> None:
    event = a_calendar().split("METHOD:REPLY\r\n")[1].removesuffix("END:VCALENDAR\r\n")
    too_many = a_calendar().replace("END:VCALENDAR", event * 50 + "END:VCALENDAR")
    too_deep = a_calendar().replace("SEQUENCE:0", "BEGIN:X\r\n" * 4 + "END:X\r\n" * 4 + "SEQUENCE:0")
    for raw, reason in (
        (a_mail(too_many), "too many components"),
        (a_mail(too_deep), "too many components"),
        (nested_mail(6), "nested too deeply"),
        (nested_mail(2000), "nested too deeply|cannot be read"),
        (a_mail(a_calendar() + "x" * 1024 * 1024), "larger than 1 MiB"),
    ):
        with pytest.raises(Ignored, match=reason):
            read(raw)
    assert read(nested_mail(4))


def two_parts(first: str, second: str) -> bytes:
    parts = "".join(
        f"--b\r\nContent-Type: {kind}\r\n\r\n{text}\r\n"
        for kind, text in (("text/calendar; method=REPLY", first), ("application/ics", second))
    )
    head = f"From: {ADA}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return f"{head}{parts}--b--\r\n".encode()


OBSERVANCE = "BEGIN:STANDARD\r\nDTSTART:{year}1101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\n"
SIXTY_YEARS = "".join(OBSERVANCE.format(year=1970 + number) for number in range(60))
LONG_ZONE = f"BEGIN:VTIMEZONE\r\nTZID:Custom\r\n{SIXTY_YEARS}END:VTIMEZONE\r\nBEGIN:VEVENT"
BROKEN = a_calendar().replace("END:VEVENT\r\n", "")
SPOILT = {
    "a broken part before": two_parts(BROKEN, a_calendar()),
    "a broken part after": two_parts(a_calendar(), BROKEN),
    "an unusable part before": two_parts(a_calendar().replace(UID, ""), a_calendar()),
    "a large part before": two_parts(a_calendar().replace("SEQUENCE:0", "BEGIN:X\r\nEND:X\r\n" * 60), a_calendar()),
    "a quoted calendar in the text": two_parts(
        "Yes!\r\n> BEGIN:VCALENDAR\r\n> METHOD:REQUEST\r\n> END:VCALENDAR\r\n", a_calendar()
    ).replace(b"text/calendar; method=REPLY", b"text/plain"),
    "the footer of a list": a_mail(
        a_calendar() + "_______________\r\nTo leave this list: https://lists.example.org\r\n"
    ),
    "a long time zone": a_mail(a_calendar().replace("BEGIN:VEVENT", LONG_ZONE)),
    "the beginning of another": a_mail("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n" + a_calendar()),
}


@pytest.mark.parametrize("raw", SPOILT.values(), ids=SPOILT)
def test_what_cannot_be_read_does_not_spoil_what_can(raw: bytes) -> None:
    assert [reply.answer for reply in read(raw)] == [Answer.ACCEPTED]


@given(st.binary(max_size=2000))
def test_no_bytes_do_more_than_be_ignored(raw: bytes) -> None:
    with pytest.raises(Ignored):
        read(raw)


@given(
    shape=st.sampled_from(SHAPES),
    cuts=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=20)), max_size=6),
)
def test_a_mangled_answer_never_breaks_anything(shape, cuts) -> None:  # type: ignore[no-untyped-def]
    raw = shape(a_calendar())
    for at, length, inserted in cuts:
        raw = raw[:at] + inserted + raw[at + length :]
    try:
        replies = read(raw)
    except Ignored:
        return
    assert replies
    assert all(reply.stamped_at.tzinfo is not None and "\x00" not in reply.uid for reply in replies)
