"""Composes mails (RFC 5322, 2045): the same message and id always give the same bytes."""

import base64
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from uuid import UUID

from services.notifications.letters import Unsendable, one_line, write
from shared.messages.notices import Invite, MailDue

INVITE_NAME = "invite.ics"


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


def compose(mail: MailDue, message_id: UUID, letterhead: Letterhead) -> EmailMessage:
    """The mail that says `mail`, to its one recipient, with the invite where there is one.

    Its Date is when the notice was stated and its boundaries come from its id, so a repeat is equal
    to the byte. Raises Unsendable where no mail can be made of it.
    """
    notice = mail.notice
    letter = write(mail, letterhead.sender[0])
    thread = f"<registration-{notice.registration_id}@{letterhead.domain}>"
    message = EmailMessage(policy=SMTP)
    message["Date"] = notice.stated_at
    message["From"] = address(*letterhead.sender)
    message["To"] = address(notice.recipient.name, notice.recipient.email)
    message["Reply-To"] = address(*letterhead.reply_to)
    message["Subject"] = letter.subject
    message["Message-ID"] = letterhead.message_id(message_id)
    message["In-Reply-To"] = message["References"] = thread
    message["Auto-Submitted"] = "auto-generated"
    message["MIME-Version"] = "1.0"
    bodies = [_text("plain", letter.text), _text("html", letter.html)]
    if mail.invite is None:
        _join(message, "alternative", message_id, bodies)
    else:
        alternatives = MIMEPart(policy=SMTP)
        _join(alternatives, "alternative", message_id, [*bodies, _calendar(mail.invite)])
        _join(message, "mixed", message_id, [alternatives, _attachment(mail.invite)])
    return message


def address(name: str, box: str) -> Address:
    """A name and an address, fit for a header. Raises Unsendable where `box` is not exactly one address.

    A domain in another script is written in ASCII (IDNA); a local part in another script would need
    SMTPUTF8 (RFC 6531), which too few servers have.
    """
    local, _, domain = box.strip().rpartition("@")
    try:
        ascii_box = f"{local}@{domain.encode('idna').decode()}"
        ascii_box.encode("ascii")
        return Address(one_line(name, "name"), addr_spec=ascii_box)
    except (ValueError, IndexError, HeaderParseError) as error:
        raise Unsendable("The address is not one that mail can be sent to.") from error


def _join(whole: MIMEPart, subtype: str, message_id: UUID, parts: list[MIMEPart]) -> None:
    """Make `whole` a multipart of `parts`. No encoding of a body can give the boundary's `=_`."""
    whole["Content-Type"] = f'multipart/{subtype}; boundary="=_{subtype}_{message_id.hex}"'
    for part in parts:
        whole.attach(part)


def _text(subtype: str, content: str) -> MIMEPart:
    part = MIMEPart(policy=SMTP)
    part.set_content(content, subtype=subtype, charset="utf-8", cte="quoted-printable")
    return part


def _calendar(invite: Invite) -> MIMEPart:
    """The invite as mail programs look for it (RFC 6047): to the byte, and naming its method."""
    part = MIMEPart(policy=SMTP)
    part["Content-Type"] = f'text/calendar; charset="UTF-8"; method={invite.method}; name="{INVITE_NAME}"'
    return _carrying(part, invite)


def _attachment(invite: Invite) -> MIMEPart:
    """The invite once more, for who opens it by hand."""
    part = MIMEPart(policy=SMTP)
    part["Content-Type"] = f'application/ics; name="{INVITE_NAME}"'
    part["Content-Disposition"] = f'attachment; filename="{INVITE_NAME}"'
    return _carrying(part, invite)


def _carrying(part: MIMEPart, invite: Invite) -> MIMEPart:
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.encodebytes(invite.content.encode()).decode())
    return part
