"""Faults at moments drawn from a seed."""

import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.product import THREADS, Product
from tests.chaos.relay import Relay
from tests.support.servers import Redis

RELAY_IS_AWAY_SECONDS = 12.0
BEYOND_A_LEASE_SECONDS = 95.0
CLOCK_STOPS_SECONDS = 60.0
SERVER_IS_AWAY_SECONDS = 3.0


@dataclass(frozen=True)
class Fault:
    """A fault, `at` seconds after the start."""

    at: float
    what: str
    do: Callable[[], None]


class Faults:
    """The faults of one run. `happened` lists those so far; `in_flight` counts the mails that kills may have caught."""

    def __init__(self, product: Product, relay: Relay, seed: int) -> None:
        self.product, self.relay = product, relay
        self.luck = random.Random(f"faults {seed}")
        self.happened: list[str] = []
        self.in_flight = 0
        self._ends: list[threading.Thread] = []

    def plan(self, seconds: float, *, whole: bool) -> list[Fault]:
        """Draw the faults of a run of `seconds`. The whole set takes at least 98 seconds."""
        kinds: list[tuple[str, Callable[[], None]]] = [
            *[("kill -9 of the web", self._kill("registration web"))] * 2,
            *[(f"kill -9 of the {name}", self._kill(name)) for name in self._workers_and_clocks()],
            ("the relay refuses connections", self._relay_goes_away),
            ("the broker is killed", lambda: self._broker_dies(forgets=False)),
        ]
        if isinstance(self.product.broker, Redis):
            kinds.append(("FLUSHALL", self.product.broker.flush))
            kinds.append(("Redis starts again without its data", lambda: self._broker_dies(forgets=True)))
        if self.product.postgresql is not None:
            kinds.append(("PostgreSQL is killed", self._postgresql_dies))
        if whole:
            kinds += [("kill -9 of the notifications worker", self._kill("notifications worker"))] * 3
        drawn = [Fault(self.luck.uniform(1, seconds), what, do) for what, do in kinds]
        if whole:
            still = self._stand_still
            drawn.append(
                Fault(
                    3.0, "a worker stands still beyond its lease", still("notifications worker", BEYOND_A_LEASE_SECONDS)
                )
            )
            drawn.append(Fault(8.0, "a clock stops for a minute", still("registration clock", CLOCK_STOPS_SECONDS)))
        return sorted(drawn, key=lambda fault: fault.at)

    def happen(self, plan: list[Fault]) -> None:
        """Cause the faults, and return when the last is over."""
        began = time.monotonic()
        for fault in plan:
            time.sleep(max(0.0, began + fault.at - time.monotonic()))
            fault.do()
            self.happened.append(fault.what)
        for end in self._ends:
            end.join()

    def _workers_and_clocks(self) -> list[str]:
        return sorted({part.name for part in self.product.parts if not part.name.endswith("web")})

    def _kill(self, name: str) -> Callable[[], None]:
        def kill() -> None:
            part = self.luck.choice([part for part in self.product.parts if part.name == name])
            part.send(signal.SIGKILL)
            self._may_have_held_mails(name)

        return kill

    def _stand_still(self, name: str, seconds: float) -> Callable[[], None]:
        def stop() -> None:
            part = self.product.part(name)
            part.send(signal.SIGSTOP)
            self._may_have_held_mails(name)
            self._later(seconds, lambda: part.send(signal.SIGCONT))

        return stop

    def _relay_goes_away(self) -> None:
        self.relay.go_away()
        self._later(RELAY_IS_AWAY_SECONDS, self.relay.come_back)

    def _broker_dies(self, *, forgets: bool) -> None:
        broker = self.product.broker
        broker.kill()
        time.sleep(SERVER_IS_AWAY_SECONDS)
        if forgets and isinstance(broker, Redis):
            broker.forget()
        broker.start()

    def _postgresql_dies(self) -> None:
        assert self.product.postgresql is not None
        self.product.postgresql.kill()
        for part in self.product.parts:
            self._may_have_held_mails(part.name)
        time.sleep(SERVER_IS_AWAY_SECONDS)
        self.product.postgresql.start()

    def _may_have_held_mails(self, name: str) -> None:
        if name == "notifications worker":
            self.in_flight += THREADS

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, do)
        timer.start()
        self._ends.append(timer)
