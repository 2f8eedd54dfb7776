"""One run: start everything, let people register under faults, wait until all is settled, and judge."""

import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, create_engine, text

from tests.chaos.faults import Faults
from tests.chaos.people import People
from tests.chaos.product import Product
from tests.chaos.relay import Moods, Relay
from tests.chaos.verdict import Facts, Owed, Registered, Verdict, judge

QUIET_WITHIN_SECONDS = 60.0


@dataclass(frozen=True)
class Run:
    """The parameters of a run. Without `whole`, the faults that take more than a minute are left out."""

    database: str
    broker: str
    count: int
    seconds: float
    seed: int
    whole: bool


@dataclass(frozen=True)
class Report:
    """The result of a run; `settled_after` is in seconds after the last fault and visitor."""

    run: Run
    verdict: Verdict
    faults: list[str]
    settled_after: float


def carry_out(run: Run, folder: Path) -> Report:
    """Carry out a run. Raises NotHere if this machine lacks a server."""
    relay = Relay(run.seed, Moods())
    product = Product(folder, run.database, run.broker, relay.url, clocks_differ=run.whole)
    try:
        people = People(
            product.base, relay, _events(product, run.count), count=run.count, seconds=run.seconds, seed=run.seed
        )
        faults = Faults(product, relay, run.seed)
        going_wrong = threading.Thread(target=faults.happen, args=(faults.plan(run.seconds, whole=run.whole),))
        moving = threading.Timer(run.seconds * 0.6, _reschedule, (product,))
        for thread in (going_wrong, moving):
            thread.start()
        people.come()
        for thread in (going_wrong, moving):
            thread.join()
        settled_after, unsettled = _wait_for_quiet(product)
        verdict = judge(_facts(product, people, relay, unsettled, faults.in_flight))
        if run.whole:
            faults.happened.append("clocks differ by 20 s either way")
        return Report(run, verdict, faults.happened, settled_after)
    finally:
        product.stop()
        relay.go_away()


def _events(product: Product, count: int) -> list[str]:
    """Two published events: one that everybody gets into, and one with places for a third of those who come."""
    slugs = []
    for slug, capacity in (("open-to-all", None), ("few-places", max(count // 6, 1))):
        product.api("POST", "/events", _event(slug, "14:00", capacity))
        product.api("POST", f"/events/{slug}/publish")
        slugs.append(slug)
    return slugs


def _event(slug: str, at: str, capacity: int | None = None) -> dict[str, Any]:
    session = {
        "starts_at": f"2030-11-04T{at}:00",
        "ends_at": "2030-11-04T16:00:00",
        "join_url": "https://example.org/x",
    }
    named = {"title": slug.replace("-", " ").capitalize(), "slug": slug, "timezone": "Europe/London", "questions": []}
    return {**named, "sessions": [session], "capacity": capacity, "waitlist": True}


def _reschedule(product: Product) -> None:
    """Move the event that is open to all, trying until it is done."""
    while True:
        try:
            event = product.api("GET", "/events/open-to-all")
            session = event["sessions"][0] | {"starts_at": "2030-11-04T14:30:00"}
            session = {name: session[name] for name in ("id", "starts_at", "ends_at", "join_url") if name in session}
            product.api("PATCH", "/events/open-to-all", {"sessions": [session]})
            return
        except OSError:
            time.sleep(0.5)


def _engines(product: Product) -> dict[str, Engine]:
    return {
        name: create_engine(url.replace("postgresql://", "postgresql+psycopg://"), pool_pre_ping=True)
        for name, url in product.databases.items()
    }


def _wait_for_quiet(product: Product) -> tuple[float, int]:
    """Wait until no row is open. Returns the seconds that took, and the number of rows still open at the time limit."""
    began, engines = time.monotonic(), _engines(product)
    while (open_rows := sum(_open(engine) for engine in engines.values())) and (
        time.monotonic() - began < QUIET_WITHIN_SECONDS
    ):
        time.sleep(0.5)
    for engine in engines.values():
        engine.dispose()
    return time.monotonic() - began, open_rows


def _open(engine: Engine) -> int:
    with engine.connect() as connection:
        telling = "SELECT count(*) FROM events WHERE telling" if "registration" in str(engine.url) else "SELECT 0"
        questions = (
            telling,
            *(f"SELECT count(*) FROM {table} WHERE settled_at IS NULL" for table in ("outbox", "inbox")),
        )
        return sum(connection.scalar(text(question)) or 0 for question in questions)


def _facts(product: Product, people: People, relay: Relay, unsettled: int, in_flight: int) -> Facts:
    engines = _engines(product)
    with engines["notifications"].connect() as connection:
        kinds = {_uuid(row.id): row.kind for row in connection.execute(text("SELECT id, kind FROM inbox"))}
    with engines["registration"].connect() as connection:
        emails = "SELECT r.id, p.email, r.status FROM registrations r JOIN people p ON p.id = r.person_id"
        registered = [Registered(_uuid(row.id), row.email, row.status) for row in connection.execute(text(emails))]
        owed = [
            _owed(row, kinds) for row in connection.execute(text("SELECT * FROM outbox WHERE type <> 'event-listed'"))
        ]
    for engine in engines.values():
        engine.dispose()
    return Facts(people.acts, registered, owed, list(relay.arrivals), unsettled, in_flight)


def _owed(row: Any, kinds: dict[UUID, str | None]) -> Owed:
    message_id = _uuid(row.id)
    kind = kinds.get(message_id) or "a notice"
    return Owed(
        message_id, row.key, row.ordinal, kind, row.outcome, bool(row.possibly_repeated), _seconds(row.created_at)
    )


def _uuid(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def _seconds(value: Any) -> float:
    from datetime import UTC, datetime

    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return float((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def fresh_seed() -> int:
    """A seed for a run that was given none."""
    return random.SystemRandom().randrange(1_000_000)
