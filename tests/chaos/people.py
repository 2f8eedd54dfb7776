"""People who register by the form or by the API, and retry as people and programs do."""

import json
import random
import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

from tests.chaos.relay import REFUSED, Relay
from tests.chaos.verdict import Act

GIVES_UP_AFTER_SECONDS = 60.0
LOOKS_FOR_A_MAIL_SECONDS = 100.0
ANSWER_SECONDS = 20.0


class Full(Exception):
    """There is no place any more, and no waiting list."""


class People:
    """`count` people who register over `seconds`, each for one of the events. `acts` records their actions."""

    def __init__(self, base: str, relay: Relay, events: list[str], *, count: int, seconds: float, seed: int) -> None:
        self.base, self.relay, self.events = base, relay, events
        self.count, self.seconds, self.seed = count, seconds, seed
        self.acts: list[Act] = []

    def come(self, clients: int = 12) -> None:
        """Let all of them register, cancel and return. Returns when the last is done."""
        began = time.monotonic()
        with ThreadPoolExecutor(clients) as registering, ThreadPoolExecutor(4 * clients) as leaving:
            everything: list[Future[Any]] = []
            for number in range(self.count):
                time.sleep(max(0.0, began + self.seconds * number / self.count - time.monotonic()))
                luck = random.Random(f"{self.seed} {number}")
                kind = REFUSED if luck.random() < 0.02 else "person"
                email, event = f"{kind}-{number}@example.org", self.events[number % len(self.events)]
                done = registering.submit(self._register, "register", event, email, by_form=luck.random() < 0.7)
                everything.append(done)
                if kind != REFUSED and luck.random() < 0.15:
                    everything.append(leaving.submit(self._leave, event, email, done.result, luck))
            for one in everything:
                one.result()

    def register_one(self, event: str, number: int) -> bool:
        """Register one of them by the API; whether they were told that it is done. False where it is full, too."""
        try:
            return self._register("register", event, f"person-{number}@example.org", by_form=False)
        except Full:
            return False

    def _register(self, what: str, event: str, email: str, *, by_form: bool) -> bool:
        done = self._until_it_works(self._form(event, email) if by_form else self._program(event, email))
        self.acts.append(Act(email, what, done))
        return done

    def _leave(self, event: str, email: str, registered: Callable[[], bool], luck: random.Random) -> None:
        """Cancel by the link in the mail, and perhaps think again."""
        if not registered():
            return
        deadline = time.monotonic() + LOOKS_FOR_A_MAIL_SECONDS
        while (page := self.relay.page_of(email)) is None:
            if time.monotonic() > deadline:
                return
            time.sleep(0.2)
        done = self._until_it_works(self._farewell(page))
        self.acts.append(Act(email, "cancel", done))
        if done and luck.random() < 0.4:
            self._register("return", event, email, by_form=False)

    def _form(self, event: str, email: str) -> Callable[[], None]:
        """Open the page once; then send the form, and the same form again where no answer came."""
        key: list[str] = []

        def send() -> None:
            if not key:
                key.append(hidden(self._read(f"/events/{event}"), "form_key"))
            typed = {"form_key": key[0], "name": "Ada Example", "email": email, "consents": "privacy"}
            self._read(f"/events/{event}", urlencode(typed).encode())

        return send

    def _program(self, event: str, email: str) -> Callable[[], None]:
        body = json.dumps({"name": "Ada Example", "email": email, "consents": ["privacy"]}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid4().hex}
        return lambda: void(self._read(f"/api/v1/events/{event}/registrations", body, headers))

    def _farewell(self, page: str) -> Callable[[], None]:
        def send() -> None:
            key = hidden(self._read(f"{page}/cancel"), "form_key")
            self._read(f"{page}/cancel", urlencode({"form_key": key, "sure": "yes"}).encode())

        return send

    def _read(self, path: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> str:
        with urlopen(Request(self.base + path, data, headers or {}), timeout=ANSWER_SECONDS) as answer:
            return str(answer.read().decode())

    def _until_it_works(self, send: Callable[[], None]) -> bool:
        deadline = time.monotonic() + GIVES_UP_AFTER_SECONDS
        pause = 0.2
        while True:
            try:
                send()
                return True
            except HTTPError as answer:
                if answer.code == 409:
                    raise Full from answer
                if answer.code < 500:
                    raise AssertionError(f"{answer.code} {answer.read()[:300]!r}") from answer
            except (OSError, HTTPException):  # no answer, or one that was cut short with its process
                pass
            if time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(pause * 2, 3.0)


def hidden(page: str, name: str) -> str:
    """The value of a page's hidden field."""
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return found[1]


def void(_: object) -> None:
    """Nothing."""
