"""Composes mails (RFC 5322, 2045, 2047): the same message and id always give the same bytes.

The standard library's MIME classes assemble a mail. Names and subjects are encoded with `email.header`: the
newer policies of the `email` package decode a name that only looks like an encoded word, and so let anybody
put control characters into a header. Decision 12 has the figures.
"""

import quopri
import re
from dataclasses import dataclass
from email import policy, utils
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from services.notifications.letters import Unsendable, one_line, write
from shared.contracts.notices import Invite, MailDue

CRLF = "\r\n"
INVITE_NAME = "invite.ics"
LONGEST_PLAIN_WORD = 60
LONGEST_LINE = 78
PLAIN_ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[a-z\d-]+(\.[a-z\d-]+)*", re.A | re.I)


class FoldedAlready(policy.Compat32):
    """Writes headers as they are: folding them twice would change them, and takes a third of the time."""

    def fold_binary(self, name: str, value: str) -> bytes:
        return f"{name}: {value}{self.linesep}".encode()


WIRE = FoldedAlready(linesep=CRLF)


@dataclass(frozen=True)
class Letterhead:
    """The sender, the address for replies (both as name and address) and the address for bounces, all in ASCII."""

    sender: tuple[str, str]
    reply_to: tuple[str, str]
    bounce_address: str | None = None

    @property
    def domain(self) -> str:
        """The sender's domain; ids are made under it."""
        return self.sender[1].rpartition("@")[2]

    def message_id(self, message_id: UUID) -> str:
        """The Message-ID of a mail, the same every time it is sent."""
        return f"<{message_id}@{self.domain}>"

    def envelope_sender(self, message_id: UUID) -> str:
        """The address for bounces of this one mail, which names the mail where BOUNCE_ADDRESS is set (VERP)."""
        if self.bounce_address is None:
            return self.sender[1]
        box, _, host = self.bounce_address.partition("@")
        return f"{box}{message_id.hex}@{host}"


def compose(mail: MailDue, message_id: UUID, letterhead: Letterhead) -> bytes:
    """The mail for `mail`, to its one recipient, with its invite if it has one.

    Date comes from the notice, Message-ID and boundaries from `message_id`, so a retry sends the same bytes.
    Raises Unsendable if no mail can be made of it.
    """
    notice = mail.notice
    letter = write(mail, letterhead.sender[0])
    thread = f"<registration-{notice.registration_id}@{letterhead.domain}>"
    message = _multipart("alternative", message_id, _text("plain", letter.text), _text("html", letter.html))
    if mail.invite is not None:
        message.attach(_calendar(mail.invite))
        message = _multipart("mixed", message_id, message, _attachment(mail.invite))
    message["Date"] = utils.format_datetime(notice.stated_at)
    message["From"] = _mailbox(*letterhead.sender)
    message["To"] = _mailbox(notice.recipient.name, notice.recipient.email)
    message["Reply-To"] = _mailbox(*letterhead.reply_to)
    message["Subject"] = _words(letter.subject)
    message["Message-ID"] = letterhead.message_id(message_id)
    message["In-Reply-To"] = message["References"] = thread
    message["Auto-Submitted"] = "auto-generated"
    return message.as_bytes(policy=WIRE)


def smtp_address(box: str) -> str:
    """`box` with its domain in ASCII (IDNA 2008), as it was checked at registration.

    The local part may hold other letters; only a server with SMTPUTF8 (RFC 6531) takes those.
    Raises Unsendable if `box` is not exactly one address.
    """
    if PLAIN_ADDRESS.fullmatch(box):
        return box
    try:
        checked = validate_email(box, check_deliverability=False)
    except EmailNotValidError as error:
        raise Unsendable("This is not an address that mail can be sent to.") from error
    return f"{checked.local_part}@{checked.ascii_domain}"


def _mailbox(name: str, box: str) -> str:
    name, box = one_line(name, "name"), smtp_address(box)
    if not name:
        return box
    if _is_plain(name) and box.isascii():
        return _folded(utils.formataddr((name, box)))
    return f"{_encoded(name)}{CRLF} <{box}>"


def _words(text: str) -> str:
    return _folded(text) if _is_plain(text) else _encoded(text)


def _encoded(text: str) -> str:
    return Header(text, "utf-8", maxlinelen=LONGEST_LINE).encode(linesep=CRLF)


def _is_plain(text: str) -> bool:
    """True if a header can hold the text as it is: ASCII, foldable at its spaces, and unlike an encoded word."""
    return text.isascii() and "=?" not in text and max(map(len, text.split()), default=0) <= LONGEST_PLAIN_WORD


def _folded(plain: str) -> str:
    return plain if len(plain) <= LONGEST_PLAIN_WORD else Header(plain, maxlinelen=LONGEST_LINE).encode(linesep=CRLF)


def _multipart(subtype: str, message_id: UUID, *parts: MIMEBase) -> MIMEMultipart:
    """A multipart of `parts`. No encoded body can contain `=_`, so none can contain the boundary."""
    return MIMEMultipart(subtype, boundary=f"=_{subtype}_{message_id.hex}", _subparts=parts)


def _text(subtype: str, content: str) -> MIMEBase:
    lines = content.replace("\r\n", "\n").replace("\r", "\n")  # some programs end a line at a CR alone
    part = MIMENonMultipart("text", subtype, charset="utf-8")
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(quopri.encodestring(lines.encode(errors="replace")).decode())  # a quarter of MIMEText's time
    return part


def _calendar(invite: Invite) -> MIMEBase:
    """The invite as an alternative body, where mail programs look for it (RFC 6047), in base64."""
    part = MIMEApplication(invite.content.encode())
    content_type = f'text/calendar; charset="UTF-8"; method={invite.method};{CRLF} name="{INVITE_NAME}"'
    part.replace_header("Content-Type", content_type)
    return part


def _attachment(invite: Invite) -> MIMEBase:
    """The invite as a file that people can open themselves."""
    part = MIMEApplication(invite.content.encode(), "ics", name=INVITE_NAME)
    part["Content-Disposition"] = f'attachment; filename="{INVITE_NAME}"'
    return part
