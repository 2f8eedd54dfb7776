"""Hands mails to an SMTP relay (RFC 5321) over connections that are kept and shared between threads."""

import re
import select
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from urllib.parse import unquote, urlsplit

from services.notifications.restraint import Circuit, Pace
from shared.inbox import LEASE, TryAgain

DEFAULT_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
LONGEST_IDLE_SECONDS = 30.0
MOST_MAILS_A_CONNECTION = 100
MARGIN_SECONDS = 5.0
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


class SmtpTransport:
    """Sends mails by a relay, from as many threads as like, over at most `connections` connections at once.

    Nothing is opened before the first mail, so a process may fork after making one. `rate` is mails
    a second (0: no limit), `timeout` how many seconds the relay may take over each of its answers.
    """

    def __init__(self, relay: Relay, *, domain: str, connections: int, rate: int, timeout: int) -> None:
        self.relay = relay
        self._domain = domain
        self._timeout = timeout
        self._idle: list[Connection] = []  # the one used last is at the end
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(connections)
        self._pace = Pace(rate)
        self._circuit = Circuit(timeout)

    def send(self, sender: str, recipient: str, content: bytes) -> str:
        """Send one mail and return what the relay says to it.

        Raises Refused where it says never, and TryAgain where it says not now, or nothing.
        """
        # The lease of whoever sends must outlive the two answers to the body, or another may send it too.
        start_before = monotonic() + LEASE.total_seconds() - 2 * self._timeout - MARGIN_SECONDS
        self._circuit.check()
        self._pace.wait()
        with self._connection() as connection:
            return connection.deliver(sender, recipient, content, start_before)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if not self._turns.acquire(timeout=self._timeout):
            raise TryAgain("Every connection to the relay is busy.", timedelta(seconds=1))
        try:
            connection = self._idle_one() or self._open()
            try:
                yield connection
            finally:
                self._keep(connection)
        finally:
            self._turns.release()

    def _idle_one(self) -> Connection | None:
        """The connection used last, if any is fit; those that are not are closed."""
        with self._lock:
            fit = [connection for connection in self._idle if connection.is_fit()]
            unfit = [connection for connection in self._idle if connection not in fit]
            chosen = fit.pop() if fit else None
            self._idle = fit
        for connection in unfit:
            connection.close()
        return chosen

    def _keep(self, connection: Connection) -> None:
        connection.used_at = monotonic()
        if not connection.is_fit():
            return connection.close()
        with self._lock:
            self._idle.append(connection)

    def _open(self) -> Connection:
        """A fresh conversation, past greeting, TLS and sign-in. Raises TryAgain and rests where there is none."""
        smtp = None
        try:
            smtp = self._greet()
            if self.relay.user:
                smtp.login(self.relay.user, self.relay.password)
            smtp.ehlo_or_helo_if_needed()
        except OSError as error:
            if smtp is not None:
                smtp.close()
            raise self._circuit.failed(why_unreachable(error)) from error
        self._circuit.mended()
        return Connection(smtp)

    def _greet(self) -> smtplib.SMTP:
        where = (self.relay.host, self.relay.port, self._domain)
        if self.relay.scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=self._timeout, context=ssl.create_default_context())
        else:
            smtp = smtplib.SMTP(*where, timeout=self._timeout)
        assert smtp.sock is not None
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.relay.scheme == "smtp+starttls":
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
