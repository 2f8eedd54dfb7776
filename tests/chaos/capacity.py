"""Many clients race for few places."""

import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.people import People
from tests.chaos.product import Product
from tests.chaos.relay import Moods, Relay

AT_ONCE = 32


@dataclass(frozen=True)
class Race:
    """The result of a race: `statuses` counts registrations by status."""

    database: str
    clients: int
    places: int
    statuses: dict[str, int]
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        ended = ", ".join(f"{count} {status}" for status, count in sorted(self.statuses.items()))
        wrong = "; ".join(self.problems) or "in order of arrival"
        return f"{self.database}: {self.clients} clients for {self.places} places: {ended}; {wrong}"


def race(database: str, folder: Path, *, clients: int, places: int, kill: bool, waitlist: bool = True) -> Race:
    """Let `clients` people register, 32 at a time, and see which of them got a place.

    `kill` kills the web in the meantime. Without a `waitlist`, people are refused when the event is full.
    """
    relay = Relay(1, Moods(0, 0, 0, 0))
    product = Product(folder, database, "Redis", relay.url, clocks_differ=False)
    try:
        _publish(product, places, waitlist=waitlist)
        if kill:
            threading.Timer(1.0, lambda: product.part("registration web").send(signal.SIGKILL)).start()
        people = People(product.base, relay, ["race"], count=clients, seconds=0, seed=1)
        with ThreadPoolExecutor(AT_ONCE) as running:
            told = list(running.map(lambda number: people.register_one("race", number), range(clients)))
        rows = _registrations(product)
    finally:
        product.stop()
        relay.go_away()
    statuses = Counter(row["status"] for row in rows)
    if not waitlist:
        statuses["refused"] = told.count(False)
    return Race(database, clients, places, dict(statuses), _problems(rows, statuses, clients, places))


def _problems(rows: list[dict[str, Any]], statuses: Counter[str], clients: int, places: int) -> list[str]:
    problems = []
    others = "refused" if "refused" in statuses else "waitlisted"
    if statuses != {"confirmed": places, others: clients - places}:
        problems.append(f"{dict(statuses)} instead of {places} confirmed and the rest {others}")
    in_order = [row["status"] for row in sorted(rows, key=lambda row: (row["registered_at"], row["id"]))]
    passed = sum(status != "confirmed" for status in in_order[:places])
    if passed:
        problems.append(f"{passed} who came in time wait")
    return problems


def _publish(product: Product, places: int, *, waitlist: bool) -> None:
    session = {"starts_at": "2030-11-04T14:00:00", "ends_at": "2030-11-04T16:00:00"}
    named = {"title": "Race", "slug": "race", "timezone": "Europe/London", "questions": []}
    product.api("POST", "/events", {**named, "sessions": [session], "capacity": places, "waitlist": waitlist})
    product.api("POST", "/events/race/publish")


def _registrations(product: Product) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = product.api("GET", f"/events/race/registrations?limit=100{cursor}")
        rows += page["registrations"]
        if not page["next_cursor"]:
            return rows
        cursor = "&cursor=" + page["next_cursor"].replace("+", "%2B")
