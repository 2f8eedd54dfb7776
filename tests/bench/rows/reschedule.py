"""Moving an event of 50,000 people: the request, the mails that follow, and somebody new meanwhile."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from tests.bench.load import Client, load
from tests.bench.processes import peak
from tests.bench.product import API, BEARER, Applicants, Stack, stack
from tests.bench.rows.row import Figures, Row, Stage
from tests.bench.sink import Sink

PEOPLE = 50_000
FRESH = 4
WATCHED_SECONDS = 6.0


@contextmanager
def on(stage: Stage) -> Iterator[Callable[[], Figures]]:
    """Everything runs; each round moves the event once more."""
    people, sink, moves = Applicants("fresh"), Sink(), iter(range(1, 28))
    try:
        with stack(stage.stores.environment(PEOPLE), stage.folder, sink.url) as running:
            parts = running.processes()
            load(running.port, people.register, at_once=1, turns=1).expect(201)
            sink.wait_for(1)

            def measure() -> Figures:
                took = _move(running, next(moves))
                before, began = len(sink.arrivals), monotonic()
                sink.wait_for(before + 50)
                slowest = max(asyncio.run(_fresh_mail(running, sink, people)) for _ in range(FRESH))
                sleep(max(0.0, began + WATCHED_SECONDS - monotonic()))
                rate = (len(sink.arrivals) - before) / (monotonic() - began)
                return {
                    "the request, s": took,
                    "mails a second meanwhile": rate,
                    "somebody new has their mail within, s": slowest,
                    **{f"{name}'s peak, MB": peak(parts[name]) for name in ("web", "worker", "clock")},
                }

            yield measure
    finally:
        sink.stop()


def _move(running: Stack, days: int) -> float:
    async def patch(client: Client) -> int:
        event = json.loads((await client.get(API)).body)
        (session,) = event["sessions"]
        day = f"{session['starts_at'][:8]}{1 + days:02}"
        moved = {**session, "starts_at": f"{day}T12:30", "ends_at": f"{day}T14:00"}
        began = monotonic()
        answer = await client.post_json(API, {"sessions": [moved]}, method="PATCH")
        took.append(monotonic() - began)
        return answer.status

    took: list[float] = []
    load(running.port, patch, at_once=1, turns=1, headers=BEARER).expect(200)
    return took[0]


async def _fresh_mail(running: Stack, sink: Sink, people: Applicants) -> float:
    client, application = Client(running.port), people.next()
    began = monotonic()
    assert (await client.post_json(f"{API}/registrations", application)).status == 201
    client.close()
    arrived = await asyncio.to_thread(sink.wait_for_one_to, application["email"])
    return arrived.at - began


ROW = Row("reschedule", "Moving an event of 50,000 people", on)
