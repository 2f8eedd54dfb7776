"""Answers to invitations, in the shapes that mail programs give them."""

import base64
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.rules.answers import Ignored, Reply, objection_to, replies_in
from services.calendar.rules.invite import digest_of
from shared.contracts.receipts import Answer
from tests.support.calendar_replies import ADA, UID, a_calendar


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
    assert replies_in(shape(a_calendar(partstat=answer.upper()))) == [
        Reply(uid=UID, attendee=digest_of(ADA), answer=answer, stamped_at=datetime(2027, 10, 20, 9, 15, tzinfo=UTC))
    ]


def test_another_time_may_be_proposed() -> None:
    counter = a_calendar("COUNTER", "TENTATIVE", more="COMMENT:Could we\\, perhaps\\, start later?")
    (reply,) = replies_in(as_gmail(counter))
    assert reply.answer == Answer.COUNTER
    assert reply.comment == "Could we, perhaps, start later?"
    assert reply.proposes == (datetime(2027, 11, 4, 12, 30, tzinfo=UTC), datetime(2027, 11, 4, 14, 0, tzinfo=UTC))


def test_a_delegation_names_the_delegate() -> None:
    attendee = (
        f'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:bo@example.org":mailto:{ADA}\r\n'
        f'ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM="mailto:{ADA}":mailto:bo@example.org'
    )
    own, delegate = replies_in(a_mail(a_calendar(attendee=attendee)))
    assert (own.answer, own.attendee, own.comment) == (Answer.DELEGATED, digest_of(ADA), "bo@example.org")
    assert delegate.attendee == digest_of("bo@example.org")


def test_an_answer_about_one_of_a_series_says_which() -> None:
    one = a_calendar(more="RECURRENCE-ID;TZID=Europe/London:20270610T123000")
    (reply,) = replies_in(a_mail(one))
    assert reply.recurrence_id == datetime(2027, 6, 10, 11, 30, tzinfo=UTC)


def test_an_address_beside_a_principal_of_the_calendars_own_is_found() -> None:
    attendee = f"ATTENDEE;PARTSTAT=ACCEPTED;EMAIL={ADA}:urn:uuid:2f5e7a60-0000-4000-8000-000000000000"
    (reply,) = replies_in(a_mail(a_calendar(attendee=attendee)))
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
        replies_in(raw)


def nested_mail(levels: int) -> bytes:
    part = a_mail(a_calendar())
    for level in range(levels):
        part = f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n".encode() + part
        part += f"\r\n--b{level}--\r\n".encode()
    return part


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
            replies_in(raw)
    assert replies_in(nested_mail(4))


def test_only_the_invited_count_and_only_what_is_news() -> None:
    (reply,) = replies_in(a_mail(a_calendar()))
    earlier, later = datetime(2027, 10, 19, tzinfo=UTC), datetime(2027, 10, 21, tzinfo=UTC)
    ada = digest_of("ADA@example.org")
    assert objection_to(reply, invited=ada, answer=None, stamped_at=None) is None
    assert objection_to(reply, invited=ada, answer="declined", stamped_at=earlier) is None
    assert objection_to(reply, invited=ada, answer="declined", stamped_at=reply.stamped_at) is None
    assert objection_to(reply, invited=ada, answer="declined", stamped_at=later)
    assert objection_to(reply, invited=ada, answer="accepted", stamped_at=reply.stamped_at)
    assert objection_to(reply, invited=digest_of("bo@example.org"), answer=None, stamped_at=None)


@given(st.binary(max_size=2000))
def test_no_bytes_do_more_than_be_ignored(raw: bytes) -> None:
    with pytest.raises(Ignored):
        replies_in(raw)


@given(
    shape=st.sampled_from(SHAPES),
    cuts=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=20)), max_size=6),
)
def test_a_mangled_answer_never_breaks_anything(shape, cuts) -> None:  # type: ignore[no-untyped-def]
    raw = shape(a_calendar())
    for at, length, inserted in cuts:
        raw = raw[:at] + inserted + raw[at + length :]
    try:
        replies = replies_in(raw)
    except Ignored:
        return
    assert replies
    assert all(reply.stamped_at.tzinfo is not None and "\x00" not in reply.uid for reply in replies)
