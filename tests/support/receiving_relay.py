"""A real SMTP server that keeps what it is given and can be told to be difficult."""

from asyncio import WriteTransport
from collections import deque
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from shared.runtime.ports import free_port

HANG_UP = "hang up"


class ReceivingRelay:
    """Takes mails on a loopback port. `to_recipients` and `to_mails` are what it says to the next of them."""

    def __init__(self, port: int | None = None, **options: Any) -> None:
        self.port = port or free_port()
        self.mails: list[EmailMessage] = []
        self.contents: list[bytes] = []
        self.senders: list[str] = []
        self.recipients: list[str] = []
        self.callers: set[Any] = set()
        self.to_recipients: deque[str] = deque()
        self.to_mails: deque[str] = deque()
        self.at_each_mail: Callable[[], None] = lambda: None
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)

    def __enter__(self) -> "ReceivingRelay":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:  # noqa: N802
        reply = self.to_recipients.popleft() if self.to_recipients else "250 OK"
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.callers.add(session.peer)
        self.at_each_mail()
        reply = self.to_mails.popleft() if self.to_mails else "250 2.0.0 Taken"
        if reply.startswith("250") or reply == HANG_UP:
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=policy.SMTP)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.contents.append(envelope.content)
            self.senders.append(envelope.mail_from or "")
            self.recipients += envelope.rcpt_tos
        if reply == HANG_UP:
            assert isinstance(server.transport, WriteTransport)
            server.transport.abort()
        return reply
