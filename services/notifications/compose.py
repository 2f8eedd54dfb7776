"""Composes mails (RFC 5322, 2045, 2047): the same message and id always give the same bytes.

Headers are encoded with `email.header` and not by the newer policies, which take a name that looks
like an encoded word for one (anything could hide in it), and take three times as long over a mail.
"""

import base64
import quopri
from dataclasses import dataclass
from email import utils
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import Message
from email.policy import compat32
from typing import Any
from uuid import UUID

from services.notifications.letters import Unsendable, one_line, write
from shared.messages.notices import Invite, MailDue

INVITE_NAME = "invite.ics"
LONGEST_PLAIN_WORD = 60
AS_GIVEN = compat32.clone(linesep="\r\n", mangle_from_=False)


@dataclass(frozen=True)
class Letterhead:
    """Who writes: the sender and where replies go, as name and address, and where bounces go."""

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


def compose(mail: MailDue, message_id: UUID, letterhead: Letterhead) -> Message:
    """The mail that says `mail`, to its one recipient, with the invite where there is one.

    Its Date is when the notice was stated and its boundaries come from its id, so a repeat is equal
    to the byte. Raises Unsendable where no mail can be made of it.
    """
    notice = mail.notice
    letter = write(mail, letterhead.sender[0])
    thread = f"<registration-{notice.registration_id}@{letterhead.domain}>"
    message: Message[str, Any] = Message(policy=AS_GIVEN)
    message["Date"] = utils.format_datetime(notice.stated_at)
    message["From"] = _mailbox(*letterhead.sender)
    message["To"] = _mailbox(notice.recipient.name, notice.recipient.email)
    message["Reply-To"] = _mailbox(*letterhead.reply_to)
    message["Subject"] = _words(letter.subject)
    message["Message-ID"] = letterhead.message_id(message_id)
    message["In-Reply-To"] = message["References"] = thread
    message["Auto-Submitted"] = "auto-generated"
    message["MIME-Version"] = "1.0"
    bodies = [_text("plain", letter.text), _text("html", letter.html)]
    if mail.invite is None:
        _join(message, "alternative", message_id, bodies)
    else:
        alternatives = Message(policy=AS_GIVEN)
        _join(alternatives, "alternative", message_id, [*bodies, _calendar(mail.invite)])
        _join(message, "mixed", message_id, [alternatives, _attachment(mail.invite)])
    return message


def plain_address(box: str) -> str:
    """`box` as SMTP takes it. Raises Unsendable where it is not exactly one address.

    A domain in another script is written in ASCII (IDNA); a local part in another script would need
    SMTPUTF8 (RFC 6531), which too few servers have.
    """
    local, _, domain = box.rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode()}"
        is_one = Address(addr_spec=plain).addr_spec == plain and plain.isascii()
    except (ValueError, IndexError, MessageError):
        is_one = False
    if not is_one:
        raise Unsendable("The address is not one that mail can be sent to.")
    return plain


def _mailbox(name: str, box: str) -> Header:
    name, box = one_line(name, "name"), plain_address(box)
    if not name or _is_plain(name):
        return Header(utils.formataddr((name, box)))
    header = Header(name, "utf-8")
    header.append(f"<{box}>", "us-ascii")
    return header


def _words(text: str) -> Header:
    return Header(text, "us-ascii" if _is_plain(text) else "utf-8")


def _is_plain(text: str) -> bool:
    """Whether a header can hold the text as it is: ASCII, folded at its spaces, with no look of an encoded word."""
    return text.isascii() and "=?" not in text and max(map(len, text.split()), default=0) <= LONGEST_PLAIN_WORD


def _join(whole: Message, subtype: str, message_id: UUID, parts: list[Message]) -> None:
    """Make `whole` a multipart of `parts`. No encoding of a body can give the boundary's `=_`."""
    whole["Content-Type"] = f'multipart/{subtype}; boundary="=_{subtype}_{message_id.hex}"'
    for part in parts:
        whole.attach(part)


def _text(subtype: str, content: str) -> Message:
    return _part(
        f'text/{subtype}; charset="utf-8"', "quoted-printable", quopri.encodestring(content.encode(errors="replace"))
    )


def _calendar(invite: Invite) -> Message:
    """The invite where mail programs look for it (RFC 6047), to the byte."""
    kind = f'text/calendar; charset="UTF-8"; method={invite.method}; name="{INVITE_NAME}"'
    return _part(kind, "base64", base64.encodebytes(invite.content.encode()))


def _attachment(invite: Invite) -> Message:
    """The invite once more, for those who open it by hand."""
    kind = f'application/ics; name="{INVITE_NAME}"'
    part = _part(kind, "base64", base64.encodebytes(invite.content.encode()))
    part["Content-Disposition"] = f'attachment; filename="{INVITE_NAME}"'
    return part


def _part(content_type: str, encoding: str, content: bytes) -> Message:
    part = Message(policy=AS_GIVEN)
    part["Content-Type"] = content_type
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(content.decode())
    return part
