"""Says mails to an SMTP relay (RFC 5321): where it is, a conversation with it, and what its answers mean."""

import re
import select
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import unquote, urlsplit

from shared.messaging.inbox import TryAgain

DEFAULT_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
LONGEST_IDLE_SECONDS = 10.0
MOST_MAILS_A_CONNECTION = 100
GOODBYE_SECONDS = 2.0


class Refused(Exception):
    """The relay will never take this mail; says so in its own words, without any address."""


@dataclass(frozen=True)
class Relay:
    """An SMTP server that takes our mail; `scheme` is smtp, smtps (TLS from the first byte) or smtp+starttls."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What tells it from other relays."""
        return f"{self.host}:{self.port}"[-200:]

    @classmethod
    def at(cls, url: str) -> "Relay":
        """The relay of a URL like smtp+starttls://user:password@host:587; user and password may be %-encoded."""
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname or "localhost", port, user, password)


@dataclass(eq=False)
class Connection:
    """A conversation with the relay, good for many mails, one after another."""

    smtp: smtplib.SMTP
    mails: int = 0
    used_at: float = 0.0  # monotonic seconds

    def deliver(self, sender: str, recipient: str, content: bytes, start_before: float) -> str:
        """Say one mail and return what the relay says to it.

        The body is not begun after `start_before` (monotonic seconds), as the mail may then be another's.
        Raises Refused, or TryAgain; silence after the last byte means that it was perhaps delivered.
        """
        self.mails += 1
        try:
            self._expect(*self.smtp.mail(sender), about_sender=True)
            self._expect(*self.smtp.rcpt(recipient))
            if monotonic() > start_before:
                self.smtp.close()
                raise TryAgain("The relay is too slow.")
            self._expect(*self.smtp.docmd("DATA"))
            self.smtp.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
        except OSError as error:
            self.smtp.close()
            raise TryAgain(f"The relay went away: {in_words(error)}") from error
        try:
            return self._expect(*self.smtp.getreply())
        except OSError as error:
            self.smtp.close()
            reason = f"The relay went away before it answered for the mail: {in_words(error)}"
            raise TryAgain(reason, perhaps_done=True) from error

    def is_fit(self) -> bool:
        """Whether another mail may go this way: it is not worn out or old, and the relay has not hung up.

        A relay speaks only when spoken to; anything there is to read is its goodbye.
        """
        rested = monotonic() - self.used_at
        if self.smtp.sock is None or self.mails >= MOST_MAILS_A_CONNECTION or rested > LONGEST_IDLE_SECONDS:
            return False
        heard = select.poll()
        heard.register(self.smtp.sock, select.POLLIN)
        return not heard.poll(0)

    def close(self) -> None:
        """Say goodbye, and do not wait long for the answer."""
        with suppress(OSError):
            if self.smtp.sock is not None:
                self.smtp.sock.settimeout(GOODBYE_SECONDS)
                self.smtp.quit()
        self.smtp.close()

    def _expect(self, code: int, words: bytes, *, about_sender: bool = False) -> str:
        """What the relay said, where it agrees. A refused sender is the operator's to mend, not the mail's end."""
        said = without_addresses(f"{code} {words.decode(errors='replace')}")
        if code in (250, 251, 354):
            return said
        if code == 421:
            self.smtp.close()
        else:
            with suppress(OSError):  # the refusal stands, whatever becomes of the connection
                self.smtp.rset()
        if about_sender:
            raise TryAgain(f"The relay refuses our sender: {said}")
        raise Refused(said) if code >= 500 else TryAgain(f"The relay asks for patience: {said}")


def converse(relay: Relay, domain: str, timeout: int) -> Connection:
    """A fresh conversation, past greeting, TLS and sign-in; `timeout` is in seconds for each answer.

    Raises OSError where there is none.
    """
    smtp = None
    try:
        smtp = _greet(relay, domain, timeout)
        if relay.user:
            smtp.login(relay.user, relay.password)
        smtp.ehlo_or_helo_if_needed()
    except OSError:
        if smtp is not None:
            smtp.close()
        raise
    return Connection(smtp)


def _greet(relay: Relay, domain: str, timeout: int) -> smtplib.SMTP:
    where = (relay.host, relay.port, domain)
    if relay.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=timeout, context=ssl.create_default_context())
    else:
        smtp = smtplib.SMTP(*where, timeout=timeout)
    assert smtp.sock is not None
    smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if relay.scheme == "smtp+starttls":
        smtp.starttls(context=ssl.create_default_context())
    return smtp


def why_unreachable(error: OSError) -> str:
    """A sentence for the operator about a relay that could not be talked to."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"The relay refuses our user name or password: {in_words(error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The relay's certificate is not to be trusted: {error.verify_message}"
    return f"The relay cannot be reached: {in_words(error)}"


def in_words(error: OSError) -> str:
    """What an error says, without any address."""
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return without_addresses(f"{error.smtp_code} {words}")
    return without_addresses(error.strerror or str(error) or type(error).__name__)


def without_addresses(words: str) -> str:
    """`words` in one line, with every e-mail address taken out."""
    return " ".join(re.sub(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+", "(address)", words).split())[:500]
