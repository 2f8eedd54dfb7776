"""An SMTP server that defers, refuses, hangs, hangs up or is down, by a seeded plan."""

import asyncio
import random
import re
import time
from asyncio import WriteTransport
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

from aiosmtpd.controller import Controller

from shared.runtime.ports import free_port

REFUSED = "refused"
HANGS_FOR_SECONDS = 7.0  # longer than the product waits for an answer here
SLOW_SECONDS = 0.4


@dataclass(frozen=True)
class Arrival:
    """A mail that the relay accepted. `answered` is False if it kept the mail without confirming it."""

    at: float
    to: str
    message_id: UUID
    method: str
    uid: str
    sequence: int
    page: str
    answered: bool


@dataclass(frozen=True)
class Moods:
    """The share of mails that meet each mood, at their first try or two."""

    patience: float = 0.08
    hang: float = 0.01
    hang_up: float = 0.02
    slow: float = 0.05


class Relay:
    """Keeps the mails it accepts. It refuses recipients whose address begins with "refused"."""

    def __init__(self, seed: int, moods: Moods) -> None:
        self.arrivals: list[Arrival] = []
        self.tries: Counter[str] = Counter()
        self._seed, self._moods = seed, moods
        self.port = free_port()
        self._controller: Controller | None = None
        self.come_back()

    @property
    def url(self) -> str:
        """The SMTP URL of the relay."""
        return f"smtp://127.0.0.1:{self.port}"

    def go_away(self) -> None:
        """Refuse connections."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def come_back(self) -> None:
        """Take connections again."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def page_of(self, address: str) -> str | None:
        """The path of a person's own page, from the mails they got; None if there is no mail yet."""
        return next((one.page for one in list(self.arrivals) if one.to == address and one.page), None)

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:  # noqa: N802
        if address.startswith(REFUSED):
            return "550 5.1.1 There is nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        message_id = UUID(str(mail["Message-ID"]).strip("<>").partition("@")[0])
        self.tries[str(message_id)] += 1
        mood = self._mood(message_id, self.tries[str(message_id)])
        if mood == "patience":
            return "451 4.7.1 Please come back later"
        if mood == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        self._keep(mail, envelope.rcpt_tos[0], message_id, answered=mood not in ("hang", "hang up"))
        if mood == "hang":
            await asyncio.sleep(HANGS_FOR_SECONDS)
        if mood == "hang up":
            assert isinstance(server.transport, WriteTransport)
            server.transport.abort()
        return "250 2.0.0 Taken"

    def _mood(self, message_id: UUID, tries: int) -> str:
        """The same for the same seed, mail and try."""
        luck = random.Random(f"{self._seed} {message_id}")
        drawn, patience_until = luck.random(), luck.randint(1, 2)
        for mood, part, lasts in (
            ("patience", self._moods.patience, patience_until),
            ("hang", self._moods.hang, 1),
            ("hang up", self._moods.hang_up, 1),
            ("slow", self._moods.slow, 9),
        ):
            if drawn < part:
                return mood if tries <= lasts else "good"
            drawn -= part
        return "good"

    def _keep(self, mail: Any, to: str, message_id: UUID, *, answered: bool) -> None:
        text = mail.get_body(["plain"]).get_content()
        invites = [part.get_content() for part in mail.walk() if part.get_content_type() == "text/calendar"]
        invite = re.sub(r"\r?\n[ \t]", "", invites[0]) if invites else ""
        self.arrivals.append(
            Arrival(
                at=time.time(),
                to=to,
                message_id=message_id,
                method=_found(r"^METHOD:(\w+)", invite),
                uid=_found(r"^UID:(\S+)", invite),
                sequence=int(_found(r"^SEQUENCE:(\d+)", invite) or 0),
                page=_found(r"https?://[^/\s]+(/registrations/\S+)", text),
                answered=answered,
            )
        )


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    return match[1] if match else ""
