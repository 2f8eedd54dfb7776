"""The product as processes: its web server alone, or all of it as `make run` starts it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from shared.runtime.ports import free_port
from tests.bench.load import Answer, Client, load
from tests.bench.processes import children, family, launch, python, running, until_listening
from tests.bench.sink import Sink
from tests.bench.stores import SETTINGS, Stores

PATIENCE_SECONDS = 30.0
EVENT = "/events/pbsc-learning"
API = "/api/v1" + EVENT


BEARER = f"Authorization: Bearer {SETTINGS['ORGANISER_API_KEY']}\r\n"
"""The header that an organiser's program sends."""


class Stack:
    """All of Placecard: web, worker, clock, and a Redis where none is named."""

    def __init__(self, environment: dict[str, str], folder: Path, smtp_url: str = "") -> None:
        self.port, self.environment = free_port(), environment
        self._given = {**environment, "PORT": str(self.port), "DATA_DIR": str(folder / f"var{self.port}")}
        if smtp_url:
            self._given["SMTP_URL"] = smtp_url
        self.start()

    def start(self) -> None:
        """Start it; it has started when it answers."""
        self.began = monotonic()
        with open(os.devnull, "wb") as silence:
            self.process = launch(python("services.embedded"), self._given, stdout=silence)
        until_listening(self.port, self.process)

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        self.process.terminate()
        self.process.wait()

    def processes(self) -> dict[str, list[int]]:
        """The processes of each part, once all parts have started: parent, redis, web, worker, clock."""
        names = [*(["redis"] if "BROKER_URL" not in self.environment else []), "web", "worker", "clock"]
        deadline = monotonic() + PATIENCE_SECONDS
        while len(found := children(self.process.pid)) != len(names):
            assert monotonic() < deadline, f"expected {names}, found {len(found)} processes"
            sleep(0.05)
        return {"parent": [self.process.pid], **{name: family(pid) for name, pid in zip(names, found, strict=True)}}


@contextmanager
def stack(environment: dict[str, str], folder: Path, smtp_url: str = "") -> Iterator[Stack]:
    """All of Placecard for as long as it is needed."""
    running_stack = Stack(environment, folder, smtp_url)
    try:
        yield running_stack
    finally:
        running_stack.stop()


@contextmanager
def mailing(stores: Stores, folder: Path) -> Iterator[tuple[Stack, Sink]]:
    """All of Placecard, a mail server behind it, and one registration that has warmed both."""
    sink = Sink()
    try:
        with stack(stores.environment(), folder, sink.url) as running_stack:
            running_stack.processes()
            load(running_stack.port, Applicants("first").register, at_once=1, turns=1).expect(201)
            sink.wait_for(1)
            yield running_stack, sink
    finally:
        sink.stop()


@dataclass(frozen=True)
class Web:
    """A web process alone: where it listens, which process it is, and the database behind it."""

    port: int
    pid: int
    database: str


@contextmanager
def web(stores: Stores, crowd: int = 0, **settings: str) -> Iterator[Web]:
    """Registration's web process alone, with a database and a broker behind it."""
    port = free_port()
    given = {**stores.environment(crowd), "BROKER_URL": stores.redis.url, "PORT": str(port), **settings}
    flask = python("flask", "--app", "services.registration")
    for command in ("upgrade", "organiser", "demo"):
        done = launch([*flask, command], {**given, "LOG_LEVEL": "error"}).wait()
        assert done == 0, f"{command} ended with {done}"
    with running([*flask, "web"], port, given) as process:
        yield Web(port, process.pid, given["REGISTRATION_DATABASE_URL"])


class Applicants:
    """People who register through the API, each with an address of its own."""

    def __init__(self, kind: str = "person") -> None:
        self._kind, self._serial = kind, 0

    def next(self) -> dict[str, Any]:
        """The next one's application."""
        self._serial += 1
        return {
            "name": f"Ada Example {self._serial}",
            "email": f"{self._kind}-{self._serial}@example.org",
            "organisation": "Example Trust",
            "answers": {
                "role": "Trustee",
                "organisation_type": "charity",
                "stage": "connection",
                "place": "Exampleton",
                "interests": ["webinar", "community_of_practice"],
            },
            "consents": ["privacy"],
        }

    async def register(self, client: Client) -> int:
        """Register one; the answer's status."""
        return (await client.post_json(f"{API}/registrations", self.next())).status


async def signed_in(client: Client) -> Client:
    """The client, signed in to the console as the organiser."""
    page = await client.get("/console/sign-in")
    found = re.search(rb'name="csrf_token"[^>]* value="([^"]+)"', page.body)
    assert found, page.body
    client.cookie = _cookie(page)
    typed = {"csrf_token": found[1].decode(), "email": SETTINGS["ORGANISER_EMAIL"]}
    answer = await client.post_form("/console/sign-in", typed | {"password": SETTINGS["ORGANISER_PASSWORD"]})
    assert answer.status == 303, answer.status
    client.cookie = _cookie(answer)
    return client


def _cookie(answer: Answer) -> str:
    found = re.search(rb"set-cookie: ([^;]+)", answer.head, re.IGNORECASE)
    assert found, answer.head
    return found[1].decode()
