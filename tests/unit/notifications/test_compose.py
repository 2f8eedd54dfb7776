"""Composed mails: every mail program can read them, and a retry has the same bytes."""

import re
import unicodedata
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.compose import Letterhead, compose, smtp_address
from services.notifications.letters import Unsendable, one_line
from shared.contracts.notices import Kind, MailDue
from tests.support.mail_examples import INVITE, LETTERHEAD, MAIL_ID, a_mail, an_event

one_line_of_text = st.text(max_size=60).filter(lambda text: "\r" not in text and "\n" not in text)
NAMES = [
    "Example, Ada",
    'Ada "the first" Example',
    "Ада Пример",
    "عائشة مثال",
    "דוגמה, עדה (שלום)",
    "例 花子",
    "Ada 👩🏽‍💻 Example",
    "Zoë Ó Súilleabháin-Ŵyn",
    "Ada <ada@example.com>",
    "=?utf-8?q?Ada=0D=0ABcc:_eve=40example.com?=",
    "a" * 190,
    "ü" * 190,
    "\u202eolleh",
    'Ada; Example: friends, \\ "',
]
any_script = st.one_of(one_line_of_text, st.sampled_from(NAMES))


def parsed(content: bytes) -> EmailMessage:
    """The mail, parsed strictly: any defect anywhere is an error."""
    mail: EmailMessage = BytesParser(policy=policy.SMTP.clone(raise_on_defect=True)).parsebytes(content)
    for part in mail.walk():
        assert part.defects == []
        for header in part.values():
            assert header.defects == ()
    return mail


def folded_out(content: bytes, header: str) -> str:
    """A header unfolded. The newer parser of Python 3.11 puts spaces into long names."""
    return str(message_from_bytes(content)[header]).replace("\r\n", "").replace("\n", "")


def decoded(words: str) -> str:
    return str(make_header(decode_header(words)))


def bytes_of(mail: MailDue, letterhead: Letterhead = LETTERHEAD) -> bytes:
    return compose(mail, MAIL_ID, letterhead)


@settings(deadline=None, max_examples=60)
@given(name=any_script, title=any_script)
def test_names_and_titles_of_any_script_arrive_as_they_were_written(name: str, title: str) -> None:
    mail = a_mail(name=name, event=an_event(title=title))
    content = bytes_of(mail)
    read = parsed(content)
    display_name, box = parseaddr(folded_out(content, "To"))
    assert (decoded(display_name), box) == (one_line(name, "name"), "ada@example.org")
    assert decoded(folded_out(content, "Subject")) == f"You have a place: {one_line(title, 'title')}".strip()
    text = read.get_body(["plain"])
    assert text is not None
    assert one_line(title, "title") in text.get_content()


@settings(deadline=None, max_examples=60)
@given(name=any_script, title=any_script)
def test_a_mail_can_cross_any_server(name: str, title: str) -> None:
    """RFC 5321: lines of at most 998 characters that end in CRLF; RFC 2045: seven bits a character."""
    content = bytes_of(a_mail(name=name, event=an_event(title=title), reason=f"{title}\r{title}\r\n\r{name}"))
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")


@settings(deadline=None, max_examples=60)
@given(name=any_script, title=any_script)
def test_a_retry_composes_the_same_bytes(name: str, title: str) -> None:
    mail = a_mail(name=name, event=an_event(title=title))
    assert bytes_of(mail) == bytes_of(mail)


@settings(deadline=None, max_examples=60)
@given(name=any_script)
def test_a_mail_has_one_recipient_and_names_nobody_else(name: str) -> None:
    read = parsed(bytes_of(a_mail(name=name)))
    assert [address.addr_spec for address in read["To"].addresses] == ["ada@example.org"]
    assert read["Cc"] is read["Bcc"] is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_mail_to_every_name_parses_without_a_defect(kind: Kind, name: str) -> None:
    mail = a_mail(kind=kind, name=name, topic=name, reason=name, event=an_event(title=name))
    content = bytes_of(mail)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    read = parsed(content)
    assert {part.get_content_charset() for part in read.walk() if part.get_content_maintype() == "text"} == {"utf-8"}
    for subtype in ("plain", "html"):
        body = read.get_body([subtype])
        assert body is not None
        assert one_line(name, "name") in unescape(body.get_content())
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]


def test_without_an_invite_a_mail_is_text_and_html_alone() -> None:
    read = parsed(bytes_of(a_mail(invite=None)))
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_the_invite_arrives_byte_for_byte_and_names_its_method() -> None:
    read = parsed(bytes_of(a_mail()))
    calendar, attachment = list(read.walk())[-2:]
    for part in (calendar, attachment):
        assert part.get_payload(decode=True) == INVITE.content.encode()
        assert part["Content-Transfer-Encoding"] == "base64"
        assert part.get_param("name") == "invite.ics"
    assert (calendar.get_param("method"), calendar.get_param("charset")) == ("REQUEST", "UTF-8")
    assert attachment.get_content_disposition() == "attachment"


def test_headers_name_the_sender_the_date_and_an_automatic_mail() -> None:
    read = parsed(bytes_of(a_mail()))
    assert read["From"] == "Example Foundation <events@example.org>"
    assert read["Reply-To"] == "hello@example.org"
    assert read["Date"] == "Fri, 01 Oct 2027 09:00:03 +0000"
    assert read["Message-ID"] == f"<{MAIL_ID}@example.org>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["List-Unsubscribe"] is None


def test_all_mails_about_a_registration_share_a_thread() -> None:
    first, later = (parsed(bytes_of(a_mail(kind=kind))) for kind in ("confirmed", "changed"))
    assert first["References"] == later["References"] == later["In-Reply-To"]


@pytest.mark.parametrize("ending", ["\r\nBcc: eve@example.com", "\n", "\r", "\r\n\r\nHello"])
def test_a_line_break_in_a_header_is_refused(ending: str) -> None:
    with pytest.raises(Unsendable, match=r"line break in the name"):
        bytes_of(a_mail(name=f"Ada{ending}"))
    with pytest.raises(Unsendable, match=r"line break in the title"):
        bytes_of(a_mail(event=an_event(title=f"Learning{ending}")))


@pytest.mark.parametrize(
    "box",
    ["", "ada", "@example.org", "ada@", "ada@example.org, eve@example.com", "ada@example.org\r\nBcc: eve@example.com",
     "Ada <ada@example.org>", "ada@example.org (Ada)", "ada@a..example.org", "ada@☃.example.org"],
)  # fmt: skip
def test_anything_but_one_address_is_refused_and_not_quoted(box: str) -> None:
    with pytest.raises(Unsendable) as refusal:
        bytes_of(a_mail(email=box))
    assert "ada" not in str(refusal.value)


@pytest.mark.parametrize(
    ("domain", "in_ascii"),
    [
        ("bücher.example.org", "xn--bcher-kva.example.org"),
        ("BÜCHER.example.org", "xn--bcher-kva.example.org"),
        ("faß.example.org", "xn--fa-hia.example.org"),
        ("xn--fa-hia.example.org", "xn--fa-hia.example.org"),
        ("λόγος.example.org", "xn--oxapnm1c.example.org"),
    ],
)
def test_a_domain_in_another_script_is_written_in_ascii_by_idna_2008(domain: str, in_ascii: str) -> None:
    assert smtp_address(f"ada@{domain}") == f"ada@{in_ascii}"
    read = parsed(bytes_of(a_mail(email=f"ada@{domain}")))
    assert read["To"].addresses[0].addr_spec == f"ada@{in_ascii}"


@pytest.mark.parametrize("name", ["", "Jörg Example", "Joerg Example"])
def test_a_local_part_in_another_script_is_kept_in_utf_8(name: str) -> None:
    content = bytes_of(a_mail(name=name, email="jörg@bücher.example.org"))
    (to,) = (line for line in re.sub(rb"\r\n ", b" ", content).split(b"\r\n") if line.startswith(b"To: "))
    display_name, box = parseaddr(to.removeprefix(b"To: ").decode())
    assert (decoded(display_name), box) == (name, "jörg@xn--bcher-kva.example.org")


def test_a_bounce_address_names_the_mail() -> None:
    shared = Letterhead(LETTERHEAD.sender, LETTERHEAD.reply_to)
    own = Letterhead(LETTERHEAD.sender, LETTERHEAD.reply_to, bounce_address="bounces+@example.org")
    assert shared.envelope_sender(MAIL_ID) == "events@example.org"
    assert own.envelope_sender(MAIL_ID) == f"bounces+{MAIL_ID.hex}@example.org"


def test_one_line_leaves_joined_emoji_and_marks_of_direction_alone() -> None:
    assert one_line("\t👩🏽‍💻\x00 \u200fעדה\u2028x", "name") == "👩🏽‍💻 \u200fעדה x"
    assert unicodedata.category("\u200f") == "Cf"


def test_a_lone_surrogate_in_a_reason_is_replaced() -> None:
    text = parsed(bytes_of(a_mail(kind="not_placed", reason="It is full \ud83d"))).get_body(["plain"])
    assert text is not None
    assert "It is full ?" in text.get_content()


def test_a_carriage_return_alone_becomes_a_line_end() -> None:
    content = bytes_of(a_mail(next_steps=("One\rtwo",)))
    assert b"\r" not in content.replace(b"\r\n", b"")
