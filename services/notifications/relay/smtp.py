"""Speaks SMTP with a relay (RFC 5321): its address, a connection to it, and the meaning of its answers."""

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
NEEDS_SMTPUTF8 = (
    "Our mail server cannot send to an address with letters such as \u00e9 before the @ (it lacks SMTPUTF8)."
)


class Refused(Exception):
    """The mail can never be delivered; the message gives the reason, in the relay's words, without any address."""


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
        """Host and port, to tell relays apart."""
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
    """An SMTP session with the relay, which takes one mail after another."""

    smtp: smtplib.SMTP
    mails: int = 0
    used_at: float = 0.0  # monotonic seconds

    def deliver(self, sender: str, recipient: str, content: bytes, start_before: float) -> str:
        """Send one mail and return the relay's answer.

        Does not start the body after `start_before` (monotonic seconds): another worker may have the mail by then.
        An address with letters outside ASCII before the @ needs a relay with SMTPUTF8 (RFC 6531).
        Raises Refused or TryAgain. A connection lost after the last byte means that the mail may have arrived.
        """
        self.mails += 1
        options = () if recipient.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        if options and not self.smtp.has_extn("smtputf8"):
            raise Refused(NEEDS_SMTPUTF8)
        try:
            self._expect(*self.smtp.mail(sender, options), about_sender=True)
            self._expect(*self.smtp.rcpt(recipient))
            if monotonic() > start_before:
                self.smtp.close()
                raise TryAgain("The relay is too slow.")
            self._expect(*self.smtp.docmd("DATA"))
            self.smtp.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
        except OSError as error:
            self.smtp.close()
            raise TryAgain(f"The connection to the relay was lost: {in_words(error)}") from error
        try:
            return self._expect(*self.smtp.getreply())
        except OSError as error:
            self.smtp.close()
            reason = f"The connection to the relay was lost before it confirmed the mail: {in_words(error)}"
            raise TryAgain(reason, perhaps_done=True) from error

    def is_reusable(self) -> bool:
        """True if another mail may go over it: neither too old nor used too often, and still open.

        A relay speaks only when asked, so anything to read is its goodbye.
        """
        idle_seconds = monotonic() - self.used_at
        if self.smtp.sock is None or self.mails >= MOST_MAILS_A_CONNECTION or idle_seconds > LONGEST_IDLE_SECONDS:
            return False
        readable = select.poll()
        readable.register(self.smtp.sock, select.POLLIN)
        return not readable.poll(0)

    def close(self) -> None:
        """Send QUIT, and wait at most GOODBYE_SECONDS for the answer."""
        with suppress(OSError):
            if self.smtp.sock is not None:
                self.smtp.sock.settimeout(GOODBYE_SECONDS)
                self.smtp.quit()
        self.smtp.close()

    def _expect(self, code: int, words: bytes, *, about_sender: bool = False) -> str:
        """The relay's answer, if it is positive. A refused sender is for the operator to correct: the mail is kept."""
        answer = without_addresses(f"{code} {words.decode(errors='replace')}")
        if code in (250, 251, 354):
            return answer
        if code == 421:
            self.smtp.close()
        else:
            with suppress(OSError):  # the refusal counts, even if the connection is lost
                self.smtp.rset()
        if about_sender:
            raise TryAgain(f"The relay refuses our sender: {answer}")
        raise Refused(answer) if code >= 500 else TryAgain(f"The relay refused for now: {answer}")


def connect(relay: Relay, domain: str, timeout: int) -> Connection:
    """A new connection, past greeting, TLS and sign-in; `timeout` is in seconds, for each answer.

    Raises OSError if any of these fails.
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
    address = (relay.host, relay.port, domain)
    if relay.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(*address, timeout=timeout, context=ssl.create_default_context())
    else:
        smtp = smtplib.SMTP(*address, timeout=timeout)
    assert smtp.sock is not None
    smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if relay.scheme == "smtp+starttls":
        smtp.starttls(context=ssl.create_default_context())
    return smtp


def why_unreachable(error: OSError) -> str:
    """A sentence for the operator that says why no connection could be made."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"The relay refuses our user name or password: {in_words(error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The relay's certificate is not trusted: {error.verify_message}"
    return f"The relay cannot be reached: {in_words(error)}"


def in_words(error: OSError) -> str:
    """An error's message, without any address."""
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return without_addresses(f"{error.smtp_code} {words}")
    return without_addresses(error.strerror or str(error) or type(error).__name__)


def without_addresses(words: str) -> str:
    """`words` in one line of at most 500 characters, with `(address)` for every e-mail address."""
    return " ".join(re.sub(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+", "(address)", words).split())[:500]
