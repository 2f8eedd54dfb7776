"""A small load generator: clients that each keep one HTTP/1.1 connection open and do as a script says.

It is measured itself, against a server that answers without thinking, in every run that uses it.
"""

import asyncio
import json
import statistics
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urlencode

HEAD_ENDS = b"\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    head: bytes
    body: bytes


class Client:
    """One connection. A server that closes it after an answer is called again."""

    def __init__(self, port: int, headers: str = "") -> None:
        self.cookie = ""
        self._port, self._headers = port, headers
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, path: str) -> Answer:
        """Open a page."""
        return await self._ask(f"GET {path}", b"", "")

    async def post_json(self, path: str, body: object, method: str = "POST") -> Answer:
        """Send JSON."""
        return await self._ask(f"{method} {path}", json.dumps(body).encode(), "Content-Type: application/json\r\n")

    async def post_form(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a form."""
        typed = urlencode(fields).encode()
        return await self._ask(f"POST {path}", typed, "Content-Type: application/x-www-form-urlencoded\r\n")

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _ask(self, what: str, body: bytes, headers: str) -> Answer:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        head = f"{what} HTTP/1.1\r\nHost: localhost:{self._port}\r\n{self._headers}{cookie}{headers}{length}\r\n"
        self._writer.write(head.encode() + body)
        return await self._answer(self._reader)

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        head = await reader.readuntil(HEAD_ENDS)
        lowered = head.lower()
        status = int(head[9:12])
        if b"transfer-encoding: chunked" in lowered:
            body = b"".join([chunk async for chunk in _chunks(reader)])
        elif b"content-length:" in lowered:
            body = await reader.readexactly(int(lowered.split(b"content-length:")[1].split(b"\r\n")[0]))
        else:
            body = await reader.read()
        if b"connection: close" in lowered or not (b"content-length:" in lowered or b"chunked" in lowered):
            self.close()
        return Answer(status, head, body)


async def _chunks(reader: asyncio.StreamReader):  # type: ignore[no-untyped-def]
    while size := int(await reader.readline(), 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)


Script = Callable[[Client], Awaitable[int]]
"""What a client does each time; it returns the status that counts."""


@dataclass
class Load:
    """What came of a load: seconds that each turn took, and the statuses."""

    took: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def a_second(self) -> float:
        """Turns a second, all clients together."""
        return len(self.took) / self.seconds

    def percentile(self, which: int) -> float:
        """Milliseconds within which so many per cent of the turns were done."""
        if len(self.took) < 2:
            return self.took[0] * 1000
        return statistics.quantiles(self.took, n=100, method="inclusive")[which - 1] * 1000

    def expect(self, status: int) -> "Load":
        """Itself, where every answer was that. Raises AssertionError."""
        assert set(self.statuses) == {status}, f"expected {status} alone, got {dict(self.statuses)}"
        return self


def load(port: int, script: Script, *, at_once: int, seconds: float = 0, turns: int = 0, headers: str = "") -> Load:
    """Let so many clients repeat a script for some seconds, or until all together have had so many turns."""
    return asyncio.run(_load(port, script, at_once=at_once, seconds=seconds, turns=turns, headers=headers))


async def _load(port: int, script: Script, *, at_once: int, seconds: float, turns: int, headers: str) -> Load:
    found = Load()
    began = monotonic()
    left = turns

    def goes_on() -> bool:
        nonlocal left
        left -= 1
        return left >= 0 if turns else monotonic() - began < seconds

    async def client() -> None:
        connection = Client(port, headers)
        while goes_on():
            at = monotonic()
            status = await script(connection)
            found.took.append(monotonic() - at)
            found.statuses[status] += 1
        connection.close()

    await asyncio.gather(*(client() for _ in range(at_once)))
    found.seconds = monotonic() - began
    return found
