"""Composes mails (RFC 5322, 2045, 2047): the same message and id always give the same bytes.

A mail is put together as text, a part at a time: its shape never changes, and the library's generator takes
as long over it as all the rest. Names and subjects are encoded with `email.header` and not by the newer
policies, which take a name that looks like an encoded word for one (anything could hide in it).
"""

import base64
import quopri
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email import utils
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from uuid import UUID

from services.notifications.letters import Unsendable, one_line, write
from shared.contracts.notices import Invite, MailDue

INVITE_NAME = "invite.ics"
LONGEST_PLAIN_WORD = 60
LONGEST_LINE = 78
USUAL_ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[a-z\d-]+(\.[a-z\d-]+)*", re.A | re.I)


@dataclass(frozen=True)
class Letterhead:
    """Who writes: the sender and where replies go, as name and address, and where bounces go. Addresses are ASCII."""

    sender: tuple[str, str]
    reply_to: tuple[str, str]
    bounce_address: str | None = None

    @property
    def domain(self) -> str:
        """The sender's domain, under which ids are made."""
        return self.sender[1].rpartition("@")[2]

    def message_id(self, message_id: UUID) -> str:
        """The Message-ID of a mail, the same every time it is sent."""
        return f"<{message_id}@{self.domain}>"

    def envelope_sender(self, message_id: UUID) -> str:
        """Where a bounce of this one mail goes: an address of its own where that was set up (VERP)."""
        if self.bounce_address is None:
            return self.sender[1]
        box, _, host = self.bounce_address.partition("@")
        return f"{box}{message_id.hex}@{host}"


def compose(mail: MailDue, message_id: UUID, letterhead: Letterhead) -> bytes:
    """The mail that says `mail`, to its one recipient, with the invite where there is one.

    Its Date is when the notice was stated and its boundaries come from its id, so a repeat is equal
    to the byte. Raises Unsendable where no mail can be made of it.
    """
    notice = mail.notice
    letter = write(mail, letterhead.sender[0])
    thread = f"<registration-{notice.registration_id}@{letterhead.domain}>"
    headers = [
        f"Date: {utils.format_datetime(notice.stated_at)}",
        f"From: {_mailbox(*letterhead.sender)}",
        f"To: {_mailbox(notice.recipient.name, notice.recipient.email)}",
        f"Reply-To: {_mailbox(*letterhead.reply_to)}",
        f"Subject: {_words(letter.subject)}",
        f"Message-ID: {letterhead.message_id(message_id)}",
        f"In-Reply-To: {thread}",
        f"References: {thread}",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ]
    parts = [_text("plain", letter.text), _text("html", letter.html)]
    body = _joined("alternative", message_id, parts)
    if mail.invite is not None:
        alternatives = _joined("alternative", message_id, [*parts, _calendar(mail.invite)])
        body = _joined("mixed", message_id, [alternatives, _attachment(mail.invite)])
    return "\n".join([*headers, body]).replace("\n", "\r\n").encode("ascii")


def plain_address(box: str) -> str:
    """`box` as SMTP takes it. Raises Unsendable where it is not exactly one address.

    A domain in another script is written in ASCII (IDNA); a local part in another script would need
    SMTPUTF8 (RFC 6531), which too few servers have.
    """
    if USUAL_ADDRESS.fullmatch(box):
        return box
    local, _, domain = box.rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode()}"
        is_one = Address(addr_spec=plain).addr_spec == plain and plain.isascii()
    except (ValueError, IndexError, MessageError):
        is_one = False
    if not is_one:
        raise Unsendable("The address is not one that mail can be sent to.")
    return plain


def _mailbox(name: str, box: str) -> str:
    name, box = one_line(name, "name"), plain_address(box)
    if not name or _is_plain(name):
        return _folded(utils.formataddr((name, box)))
    header = Header(name, "utf-8", maxlinelen=LONGEST_LINE)
    header.append(f"<{box}>", "us-ascii")
    return header.encode()


def _words(text: str) -> str:
    return _folded(text) if _is_plain(text) else Header(text, "utf-8", maxlinelen=LONGEST_LINE).encode()


def _is_plain(text: str) -> bool:
    """Whether a header can hold the text as it is: ASCII, folded at its spaces, with no look of an encoded word."""
    return text.isascii() and "=?" not in text and max(map(len, text.split()), default=0) <= LONGEST_PLAIN_WORD


def _folded(plain: str) -> str:
    return plain if len(plain) <= LONGEST_PLAIN_WORD else Header(plain, maxlinelen=LONGEST_LINE).encode()


def _joined(subtype: str, message_id: UUID, parts: Iterable[str]) -> str:
    """A multipart of `parts`. No encoding of a body can give the boundary's `=_`."""
    boundary = f"=_{subtype}_{message_id.hex}"
    whole = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{subtype};\n boundary="{boundary}"\n\n{whole}--{boundary}--\n'


def _text(subtype: str, content: str) -> str:
    lines = content.replace("\r\n", "\n").replace("\r", "\n")  # a CR alone ends a line for some and not for others
    encoded = quopri.encodestring(lines.encode(errors="replace")).decode()
    return _part(f'text/{subtype}; charset="utf-8"', "quoted-printable", encoded)


def _calendar(invite: Invite) -> str:
    """The invite where mail programs look for it (RFC 6047), to the byte."""
    kind = f'text/calendar; charset="UTF-8"; method={invite.method};\n name="{INVITE_NAME}"'
    return _part(kind, "base64", _to_the_byte(invite))


def _attachment(invite: Invite) -> str:
    """The invite once more, for those who open it by hand."""
    disposition = f'Content-Disposition: attachment; filename="{INVITE_NAME}"'
    return _part(f'application/ics; name="{INVITE_NAME}"', "base64", _to_the_byte(invite), disposition)


def _to_the_byte(invite: Invite) -> str:
    return base64.encodebytes(invite.content.encode()).decode()


def _part(content_type: str, encoding: str, content: str, *headers: str) -> str:
    described = (f"Content-Type: {content_type}", f"Content-Transfer-Encoding: {encoding}", *headers)
    return "\n".join((*described, "", content))
