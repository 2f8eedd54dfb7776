"""Answers to invitations, in the shapes that mail programs give them."""

import base64
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.rules.answers import Asked, Ignored, Known, Reply, objection_to, replies_in
from services.calendar.rules.invite import digest_of
from shared.contracts.receipts import Answer
from tests.support.calendar_replies import ADA, UID, a_calendar

RECEIVED = datetime(2027, 10, 20, 9, 15, 2, tzinfo=UTC)


def read(raw: bytes) -> list[Reply]:
    return replies_in(raw, received_at=RECEIVED)


def a_mail(calendar: str, kind: str = "text/calendar; charset=UTF-8; method=REPLY", headers: str = "") -> bytes:
    head = f"From: {ADA}\r\nTo: events@charity.example.org\r\nSubject: Accepted\r\n{headers}MIME-Version: 1.0\r\n"
    return (head + f"Content-Type: {kind}\r\n\r\n").encode() + calendar.encode()


def as_gmail(calendar: str) -> bytes:
    """mixed [ alternative [ plain, html, calendar in 7bit ], application/ics in base64 ], sent by Google for her."""
    attached = base64.encodebytes(calendar.encode()).decode()
    return f"""MIME-Version: 1.0
Reply-To: {ADA}
Sender: Google Calendar <calendar-notification@google.com>
Auto-Submitted: auto-generated
Message-ID: <calendar-1@google.com>
Subject: Accepted: Learning together @ Thu 4 Nov 2027 12:30 - 14:00 (GMT)
From: {ADA}
To: events@charity.example.org
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes
Content-Transfer-Encoding: base64

{base64.b64encode(b"Ada Example has accepted this invitation.").decode()}

--inner
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<p>Ada Example has accepted this invitation.</p>
--inner
Content-Type: text/calendar; charset="UTF-8"; method=REPLY
Content-Transfer-Encoding: 7bit

{calendar}
--inner--

--outer
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{attached}
--outer--
""".encode()


def as_outlook(calendar: str) -> bytes:
    """alternative [ plain, html, calendar in base64 ], the address in capitals, a zone by Microsoft's name."""
    windows = calendar.replace(
        "BEGIN:VEVENT",
        "BEGIN:VTIMEZONE\r\nTZID:GMT Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T020000\r\n"
        "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0000\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
        "BEGIN:DAYLIGHT\r\nDTSTART:16010101T010000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\n"
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT",
    )
    windows = windows.replace("DTSTART:20271104T123000Z", "DTSTART;TZID=GMT Standard Time:20271104T123000")
    windows = windows.replace(f"mailto:{ADA}", "MAILTO:Ada@Example.ORG")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ADA, "events@charity.example.org", "Accepted: Learning together"
    mail["X-MS-Has-Attach"], mail["X-Auto-Response-Suppress"] = "", "DR, OOF, AutoReply"
    mail.set_content("")
    mail.add_alternative("<html></html>", subtype="html")
    mail.add_alternative(windows.encode(), maintype="text", subtype="calendar", params={"method": "REPLY"})
    return mail.as_bytes()


def as_apple(calendar: str) -> bytes:
    """alternative [ plain, mixed [ html, attached .ics ] ], lines folded in the middle of the address."""
    folded = calendar.replace(f"mailto:{ADA}", "mai\r\n lto:ada@exam\r\n ple.org")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ADA, "events@charity.example.org", "Ada Example: Accepted"
    mail.set_content("Ada Example has accepted")
    mail.add_attachment(
        folded.encode(), maintype="text", subtype="calendar", filename="iCal-1.ics", params={"method": "REPLY"}
    )
    return mail.as_bytes()


def as_thunderbird(calendar: str) -> bytes:
    """mixed [ alternative [ plain, calendar quoted-printable ], application/ics ]."""
    return (
        'From: Ada Example <ada@example.org>\nContent-Type: multipart/mixed; boundary="b1"\n\n--b1\n'
        'Content-Type: multipart/alternative; boundary="b2"\n\n--b2\nContent-Type: text/plain; charset=utf-8\n\n'
        "Ada Example has accepted your event invitation.\n--b2\n"
        "Content-Type: text/calendar; method=REPLY; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        + calendar.replace("=", "=3D").replace("\r\n", "\n")
        + '\n--b2--\n--b1\nContent-Type: application/ics; name="invite.ics"\nContent-Transfer-Encoding: base64\n\n'
        + base64.encodebytes(calendar.encode()).decode()
        + "\n--b1--\n"
    ).encode()


def bare(calendar: str) -> bytes:
    """Nothing but the calendar, in an encoding of its own."""
    return a_mail("", 'text/calendar; charset="utf-16-le"; method=REPLY') + calendar.encode("utf-16-le")


SHAPES = [as_gmail, as_outlook, as_apple, as_thunderbird, a_mail, bare]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED])
def test_an_answer_is_found_in_every_shape(shape, answer) -> None:  # type: ignore[no-untyped-def]
    assert read(shape(a_calendar(partstat=answer.upper()))) == [
        Reply(
            uid=UID,
            attendee=digest_of(ADA),
            answer=answer,
            stamped_at=datetime(2027, 10, 20, 9, 15, tzinfo=UTC),
            sequence=0,
        )
    ]


def test_another_time_may_be_proposed() -> None:
    counter = a_calendar("COUNTER", "TENTATIVE", more="COMMENT:Could we\\, perhaps\\, start later?")
    (reply,) = read(as_gmail(counter))
    assert reply.answer == Answer.COUNTER
    assert reply.comment == "Could we, perhaps, start later?"
    assert reply.proposes == (datetime(2027, 11, 4, 12, 30, tzinfo=UTC), datetime(2027, 11, 4, 14, 0, tzinfo=UTC))


def test_a_delegation_names_the_delegate() -> None:
    attendee = (
        f'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:bo@example.org":mailto:{ADA}\r\n'
        f'ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM="mailto:{ADA}":mailto:bo@example.org'
    )
    (own,) = read(a_mail(a_calendar(attendee=attendee)))
    assert (own.answer, own.attendee, own.comment) == (Answer.DELEGATED, digest_of(ADA), "bo@example.org")


def test_an_answer_about_one_of_a_series_says_which() -> None:
    one = a_calendar(more="RECURRENCE-ID;TZID=Europe/London:20270610T123000")
    (reply,) = read(a_mail(one))
    assert reply.recurrence_id == datetime(2027, 6, 10, 11, 30, tzinfo=UTC)


def test_an_address_beside_a_principal_of_the_calendars_own_is_found() -> None:
    attendee = f"ATTENDEE;PARTSTAT=ACCEPTED;EMAIL={ADA}:urn:uuid:2f5e7a60-0000-4000-8000-000000000000"
    (reply,) = read(a_mail(a_calendar(attendee=attendee)))
    assert reply.attendee == digest_of(ADA)


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


ASKED = Asked(digest_of("ADA@example.org"), sequence=0, at=datetime(2027, 9, 1, tzinfo=UTC))


def test_only_the_invited_count_and_only_what_is_news() -> None:
    (reply,) = read(a_mail(a_calendar()))
    earlier, later = datetime(2027, 10, 19, tzinfo=UTC), datetime(2027, 10, 21, tzinfo=UTC)
    assert objection_to(reply, ASKED, None) is None
    assert objection_to(reply, ASKED, Known(Answer.DECLINED, earlier, proved=True)) is None
    assert objection_to(reply, ASKED, Known(Answer.DECLINED, reply.stamped_at, proved=True)) is None
    assert objection_to(reply, ASKED, Known(Answer.DECLINED, later, proved=True)) == "a later answer is known"
    same = Known(Answer.ACCEPTED, reply.stamped_at, proved=False)
    assert objection_to(reply, ASKED, same) == "it is known already"
    assert objection_to(replace(reply, proved=True), ASKED, same) is None
    bo = replace(ASKED, invited=digest_of("bo@example.org"))
    assert objection_to(reply, bo, None) == "the attendee is not whom we invited"
    assert objection_to(reply, replace(ASKED, is_withdrawn=True), None) == "the invite has been withdrawn"


@pytest.mark.parametrize(
    ("sequence", "stamped_days_later", "is_stale"),
    [(1, 5, True), (1, 35, True), (2, 5, False), (3, 5, False), (None, 5, True), (None, 35, False)],
)
def test_an_answer_to_an_earlier_version_is_stale_and_without_a_version_its_time_tells(
    sequence: int | None, stamped_days_later: int, is_stale: bool
) -> None:
    asked = replace(ASKED, sequence=2, at=ASKED.at + timedelta(days=30))
    stamped_at = ASKED.at + timedelta(days=stamped_days_later)
    reply = Reply(UID, ASKED.invited, Answer.DECLINED, stamped_at=stamped_at, sequence=sequence)
    assert (objection_to(reply, asked, None) == "it answers an earlier invite") is is_stale


def test_a_time_ahead_of_the_receipt_is_the_time_of_the_receipt() -> None:
    (reply,) = read(a_mail(a_calendar().replace("20271020T091500Z", "99991231T235959Z")))
    assert reply.stamped_at == RECEIVED


def test_the_version_that_an_answer_names_is_read() -> None:
    assert [reply.sequence for reply in read(a_mail(a_calendar().replace("SEQUENCE:0", "SEQUENCE:7")))] == [7]
    assert [reply.sequence for reply in read(a_mail(a_calendar().replace("SEQUENCE:0", "SEQUENCE:x")))] == [None]
    assert [reply.sequence for reply in read(a_mail(a_calendar().replace("SEQUENCE:0\r\n", "")))] == [None]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("RECURRENCE-ID;VALUE=DATE:20270617", date(2027, 6, 17)),
        ("RECURRENCE-ID:20270617T123000", datetime(2027, 6, 17, 12, 30)),
        ("RECURRENCE-ID;RANGE=THISANDFUTURE:20270617T113000Z", datetime(2027, 6, 17, 11, 30, tzinfo=UTC)),
    ],
)
def test_an_occurrence_may_be_named_by_its_day_or_by_local_time(line: str, expected: date) -> None:
    (reply,) = read(a_mail(a_calendar(more=line)))
    assert reply.recurrence_id == expected


@pytest.mark.parametrize(
    "line", ["RECURRENCE-ID:", "RECURRENCE-ID:next week", "RECURRENCE-ID;VALUE=PERIOD:20270617T113000Z/PT1H"]
)
def test_an_occurrence_that_cannot_be_read_never_becomes_the_whole_series(line: str) -> None:
    with pytest.raises(Ignored, match=r"RECURRENCE-ID|calendar cannot be read"):
        read(a_mail(a_calendar(more=line)))


def test_googles_note_stands_in_the_attendee() -> None:
    attendee = f'ATTENDEE;PARTSTAT=DECLINED;X-RESPONSE-COMMENT="Sorry, I am away^nthat week":mailto:{ADA}'
    (reply,) = read(a_mail(a_calendar(attendee=attendee)))
    assert reply.comment == "Sorry, I am away\nthat week"
    (both,) = read(a_mail(a_calendar(attendee=attendee, more="COMMENT:Next time!")))
    assert both.comment == "Next time!\nSorry, I am away\nthat week"


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
