"""Whole mails put together at random, some with answers somewhere in them: read, or ignored, and nothing else."""

import base64
import quopri
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.calendar.rules.answers import Ignored, replies_in
from shared.contracts.receipts import Answer
from tests.support.calendar_replies import UID, a_calendar

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
pieces = st.sampled_from(
    [
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "BEGIN:VTIMEZONE",
        "TZID:Nowhere/Never",
        "METHOD:REPLY",
        "METHOD:COUNTER",
        "METHOD:REQUEST",
        f"UID:{UID}",
        "UID:",
        "DTSTAMP:20271020T091500Z",
        "DTSTAMP:20271099T999999Z",
        "DTSTAMP;VALUE=DATE:20271020",
        "DTSTART;TZID=Nowhere/Never:20271104T123000",
        "DTSTART:99991231T235959Z",
        "RECURRENCE-ID;TZID=Europe/London:00010101T000000",
        "RECURRENCE-ID:20271111T123000Z",
        "RRULE:FREQ=SECONDLY",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.org",
        "ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=x:mailto:ada@example.org",
        'ATTENDEE;PARTSTAT="DECLINED:mailto:ada@example.org',
        "ATTENDEE;PARTSTAT:mailto:",
        " folded",
        "COMMENT;ENCODING=BASE64:////",
        "",
    ]
)
calendars = st.one_of(
    st.lists(pieces | words, max_size=20).map("\r\n".join),
    st.sampled_from(["ACCEPTED", "TENTATIVE", "DECLINED", "NEEDS-ACTION", ""]).map(
        lambda part: a_calendar("REPLY", part)
    ),
    st.builds(lambda more: a_calendar(more=more), pieces | words),
)
types = st.sampled_from(
    [
        "text/calendar; method=REPLY",
        "text/calendar; charset=utf-16",
        'text/calendar; charset="no such"; name="=?utf-8?q?x?="',
        "application/ics; name=invite.ics",
        "text/plain",
        "text/html",
        "application/ms-tnef; name=winmail.dat",
        "application/octet-stream; name=a.ics",
        "message/rfc822",
        "multipart/mixed",
        "multipart/report; boundary=",
        "nonsense",
        "",
    ]
)
codings = st.sampled_from(["7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "BASE64 ", "nonsense"])


def encoded(coding: str, content: str) -> bytes:
    raw = content.encode(errors="replace")
    if coding.strip().lower() == "base64":
        return base64.encodebytes(raw)
    return quopri.encodestring(raw) if coding == "quoted-printable" else raw


@st.composite
def leaves(draw: st.DrawFn) -> bytes:
    kind, coding = draw(types), draw(codings)
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {coding}\r\n"
    return head.encode() + b"\r\n" + encoded(coding, draw(calendars))


def joined(parts: list[bytes], subtype: str, boundary: str, *, closed: bool) -> bytes:
    line = f"\r\n--{boundary}\r\n".encode()
    end = f"\r\n--{boundary}--\r\n".encode() if closed else b""
    head = f"Content-Type: multipart/{subtype}; boundary={boundary}\r\n\r\n".encode()
    return head + b"".join(line + part for part in parts) + end


trees = st.recursive(
    leaves(),
    lambda inner: st.builds(
        joined,
        st.lists(inner, max_size=4),
        st.sampled_from(["mixed", "alternative", "report", "signed", "related"]),
        st.sampled_from(["a", "b", "=_c", '"d e"', ""]),
        closed=st.booleans(),
    ),
    max_leaves=10,
)
heads = st.lists(
    st.sampled_from(
        [
            b"From: Ada <ada@example.org>\r\n",
            b"Subject: =?utf-8?q?=00=0D=0A?=\r\n",
            b"Auto-Submitted: auto-generated\r\n",
            b"Auto-Submitted: auto-replied\r\n",
            b"Precedence: bulk\r\n",
            b"MIME-Version: 1.0\r\n",
            b"X-\xff: \xfe\r\n",
            b": nothing\r\n",
        ]
    ),
    max_size=4,
).map(b"".join)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(head=heads, tree=trees)
def test_no_mail_does_more_than_answer_or_be_ignored(head: bytes, tree: bytes) -> None:
    try:
        replies = replies_in(head + tree, received_at=datetime(2027, 10, 21, tzinfo=UTC))
    except Ignored:
        return
    assert replies
    for reply in replies:
        assert reply.uid
        assert reply.answer in Answer
        assert reply.stamped_at.tzinfo is UTC
        assert len(reply.attendee) == 64
        assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in reply.comment)
