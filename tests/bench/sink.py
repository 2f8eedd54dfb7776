"""`python -m tests.bench.sink PORT`: an SMTP server that says of each mail when it came, for whom, how large.

A line a mail on standard output: monotonic seconds, recipient, bytes. `Sink` runs one and reads it.
"""

import smtplib
import subprocess
import sys
import threading
from dataclasses import dataclass
from time import monotonic
from typing import Any

from aiosmtpd.controller import Controller

from shared.runtime.ports import free_port
from tests.bench.processes import launch, until_listening

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Arrival:
    """A mail that came: `at` is in monotonic seconds, which all processes of a machine share."""

    at: float
    to: str
    size: int


class Sink:
    """A sink in a process of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.arrivals: list[Arrival] = []
        self._came = threading.Condition()
        self._process = launch([sys.executable, "-m", "tests.bench.sink", str(self.port)], stdout=subprocess.PIPE)
        until_listening(self.port, self._process)
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def url(self) -> str:
        """Where to send mail."""
        return f"smtp://127.0.0.1:{self.port}"

    def wait_for(self, count: int) -> list[Arrival]:
        """All that came, once there are so many. Raises AssertionError where they do not come."""
        with self._came:
            came = self._came.wait_for(lambda: len(self.arrivals) >= count, PATIENCE_SECONDS)
            assert came, f"{len(self.arrivals)} of {count} mails came"
            return list(self.arrivals)

    def wait_for_one_to(self, address: str) -> Arrival:
        """The first mail to an address."""
        with self._came:
            found: list[Arrival] = []

            def is_here() -> bool:
                found[:] = [arrival for arrival in self.arrivals if arrival.to == address][:1]
                return bool(found)

            assert self._came.wait_for(is_here, PATIENCE_SECONDS), "the mail did not come"
            return found[0]

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            at, to, size = line.split()
            with self._came:
                self.arrivals.append(Arrival(float(at), to.decode(), int(size)))
                self._came.notify_all()


def smtplib_loop(sink: Sink, count: int) -> float:
    """Send mails as large as the sink's last one, one after another over one connection.

    Returns the seconds until the last has arrived.
    """
    size, before, began = sink.arrivals[-1].size, len(sink.arrivals), monotonic()
    line = b"Sixty characters of text that say nothing, and their end.\r\n"
    content = b"Subject: A mail\r\n\r\n" + line * (size // len(line))
    with smtplib.SMTP("127.0.0.1", sink.port) as relay:
        for number in range(count):
            relay.sendmail("events@example.org", [f"loop{number}@example.org"], content)
    return sink.wait_for(before + count)[-1].at - began


class _Takes:
    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        print(monotonic(), envelope.rcpt_tos[0], len(envelope.content), flush=True)
        return "250 taken"


def main() -> None:
    """Take mail until killed."""
    controller = Controller(_Takes(), hostname="127.0.0.1", port=int(sys.argv[1]))
    controller.start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
