"""Who an answer is from, and when that is proved."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.rules.answers import Ignored, Reply, replies_in
from tests.support.calendar_replies import ADA, a_calendar

RECEIVED = datetime(2027, 10, 21, tzinfo=UTC)
OURS = "mx.charity.example.org"
PASS = f"Authentication-Results: {OURS}; dmarc=pass (p=none dis=none) header.from=example.org\r\n"
GOOGLE = "Google Calendar <calendar-notification@google.com>"
GOOGLE_PASSES = f"Authentication-Results: {OURS}; dmarc=pass header.from=google.com\r\n"


def read(headers: str, trusted: str | None = OURS) -> Reply:
    """The answer of Ada in a mail with these headers."""
    raw = f"{headers}Content-Type: text/calendar; method=REPLY\r\n\r\n{a_calendar()}"
    (reply,) = replies_in(raw.encode(), received_at=RECEIVED, trusted_authserv_id=trusted)
    return reply


OF_ADA = {
    "in From": f"From: Ada Example <{ADA}>\r\n",
    "in capitals": "From: ADA@EXAMPLE.ORG\r\n",
    "in Sender": f"From: The office <office@example.org>\r\nSender: {ADA}\r\n",
    "sent by Google for her": f"From: {ADA}\r\nSender: {GOOGLE}\r\nReply-To: {ADA}\r\n",
    "sent by Google as Google": f"From: {GOOGLE}\r\nReply-To: Ada Example <{ADA}>\r\n",
    "sent by Apple": f"From: Ada Example <noreply@email.apple.com>\r\nReply-To: {ADA}\r\n",
}
OF_NOBODY_WE_ASKED = {
    "from somebody else": "From: eve@example.org\r\n",
    "her address as a name": f'From: "{ADA}" <eve@example.org>\r\n',
    "her address in a comment": f"From: eve@example.org ({ADA})\r\n",
    "her address in Reply-To": f"From: eve@example.org\r\nReply-To: {ADA}\r\n",
    "another service": f"From: noreply@example.com\r\nReply-To: {ADA}\r\n",
    "Google for somebody else": f"From: {GOOGLE}\r\nReply-To: eve@example.org\r\n",
    "two From": f"From: eve@example.org\r\nFrom: {ADA}\r\n",
    "no From": f"Sender: {ADA}\r\n",
}


@pytest.mark.parametrize("headers", OF_ADA.values(), ids=OF_ADA)
def test_an_answer_from_the_invited_address_counts(headers: str) -> None:
    assert not read(headers).proved


@pytest.mark.parametrize("headers", OF_NOBODY_WE_ASKED.values(), ids=OF_NOBODY_WE_ASKED)
def test_an_answer_from_elsewhere_is_ignored(headers: str) -> None:
    with pytest.raises(Ignored, match=r"does not come from the attendee|exactly one From"):
        read(headers)


PROVED = {
    "a pass": f"{PASS}From: {ADA}\r\n",
    "a pass of Google for her": f"{PASS}From: {ADA}\r\nSender: {GOOGLE}\r\nReply-To: {ADA}\r\n",
    "a pass of Google as Google": f"{GOOGLE_PASSES}From: {GOOGLE}\r\nReply-To: {ADA}\r\n",
    "another spelling": f"Authentication-Results: {OURS.upper()} 1;\r\n\tspf=pass smtp.mailfrom=x.example;\r\n"
    f" DMARC/1 = Pass (a (nested; dmarc=fail) comment) header . from = Example.ORG\r\nFrom: {ADA}\r\n",
    "a failure in quotes": f'Authentication-Results: {OURS}; spf=pass reason="x; dmarc=fail"; '
    f"dmarc=pass header.from=example.org\r\nFrom: {ADA}\r\n",
    "above a forged failure": f"{PASS}Authentication-Results: {OURS}; dmarc=fail\r\nFrom: {ADA}\r\n",
    "below another server's": f"Authentication-Results: list.example; dmarc=fail\r\n{PASS}From: {ADA}\r\n",
}
UNPROVED = {
    "no results": f"From: {ADA}\r\n",
    "another server's pass": f"{PASS.replace(OURS, 'mx.example.com')}From: {ADA}\r\n",
    "a server with a longer name": f"{PASS.replace(OURS, OURS + '.example.com')}From: {ADA}\r\n",
    "none": f"{PASS.replace('pass', 'none')}From: {ADA}\r\n",
    "an error": f"{PASS.replace('pass', 'temperror')}From: {ADA}\r\n",
    "only SPF and DKIM": f"Authentication-Results: {OURS}; spf=pass; dkim=pass header.d=example.org\r\nFrom: {ADA}\r\n",
    "a pass of another domain": f"{PASS.replace('=example.org', '=example.com')}From: {ADA}\r\n",
    "a pass of no domain": f"Authentication-Results: {OURS}; dmarc=pass\r\nFrom: {ADA}\r\n",
    "a pass in a comment": f"Authentication-Results: {OURS}; none (; dmarc=pass header.from=example.org)\r\n"
    f"From: {ADA}\r\n",
    "a pass in quotes": f'Authentication-Results: {OURS}; spf=pass reason="; dmarc=pass header.from=example.org"\r\n'
    f"From: {ADA}\r\n",
    "a forged pass below our own": f"Authentication-Results: {OURS}; dmarc=none\r\n{PASS}From: {ADA}\r\n",
    "a pass of From, and she is Sender": f"{PASS}From: eve@example.org\r\nSender: {ADA}\r\n",
    "a pass of one of two": f"{PASS}From: {ADA}, eve@example.org\r\nSender: {ADA}\r\n",
    "a pass of Apple": PASS.replace("=example.org", "=email.apple.com") + OF_ADA["sent by Apple"],
    "a pass of Google for two": f"{GOOGLE_PASSES}From: {GOOGLE}\r\nReply-To: {ADA}, eve@example.org\r\n",
}


@pytest.mark.parametrize("headers", PROVED.values(), ids=PROVED)
def test_a_pass_of_dmarc_by_our_own_server_proves_an_answer(headers: str) -> None:
    assert read(headers).proved
    assert not read(headers, trusted=None).proved


@pytest.mark.parametrize("headers", UNPROVED.values(), ids=UNPROVED)
def test_nothing_else_proves_an_answer(headers: str) -> None:
    assert not read(headers).proved


def test_an_answer_that_fails_dmarc_is_refused_only_on_the_word_of_our_own_server() -> None:
    failed = f"{PASS.replace('pass', 'fail')}From: {ADA}\r\n"
    with pytest.raises(Ignored, match="DMARC failed"):
        read(failed)
    assert not read(failed, trusted=None).proved
    assert not read(failed, trusted="mx.example.com").proved


@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=200))
def test_no_results_of_others_prove_anything(written: str) -> None:
    assert not read(f"Authentication-Results: mx.example.com; {written}\r\nFrom: {ADA}\r\n").proved
