"""What grows with the number of registrations, and what must not: measured at 1,000, 10,000 and 100,000."""

import asyncio
import json
import re
import statistics
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from subprocess import run
from time import monotonic

from tests.bench.load import Answer, Client
from tests.bench.processes import ROOT, python
from tests.bench.product import API, BEARER, EVENT, Applicants, Web, signed_in, web
from tests.bench.rows.row import Figures, Row, Stage
from tests.bench.stores import SETTINGS

SIZES = (1_000, 10_000, 100_000)
TIMES = 7
LIST = "/console" + EVENT


@contextmanager
def pages(stage: Stage) -> Iterator[Callable[[], Figures]]:
    """The organiser's list of attendees: its first page, a page far down, searches and filters."""
    with _at_every_size(stage) as served:
        signed = {size: asyncio.run(_cookie(one)) for size, one in served.items()}
        deep = {size: asyncio.run(_half_way_down(one)) for size, one in served.items()}

        def measure() -> Figures:
            found: Figures = {}
            for size, one in served.items():
                looks = {
                    "first page": LIST,
                    "page half way down": f"{LIST}?cursor={deep[size]}",
                    "search for one person": f"{LIST}?q=person{size // 3}@",
                    "search for a word that all have": f"{LIST}?q=exampleton",
                    "search in vain": f"{LIST}?q=nobody+by+this+name",
                    "filter by status": f"{LIST}?status=cancelled",
                    "filter by answer": f"{LIST}?rsvp=declined",
                    "filter by cohort": f"{LIST}?cohort=funder-pilot",
                }
                for name, path in looks.items():
                    found[f"{name}, {size:,}, ms"] = asyncio.run(_median(one, _opens(path), cookie=signed[size]))
            return found | _growths(found)

        yield measure


@contextmanager
def requests(stage: Stage) -> Iterator[Callable[[], Figures]]:
    """What visitors, integrators and the clock ask for."""
    people = Applicants("growth")
    with _at_every_size(stage) as served:

        async def registers(client: Client) -> Answer:
            return await client.post_json(f"{API}/registrations", people.next())

        def measure() -> Figures:
            found: Figures = {}
            for size, one in served.items():
                for name, asks in (
                    ("event page", _opens(EVENT)),
                    ("registering", registers),
                    ("API list", _opens(f"{API}/registrations")),
                ):
                    found[f"{name}, {size:,}, ms"] = asyncio.run(_median(one, asks))
                taken = asyncio.run(_median(one, _opens(f"{API}/attendees.csv"), times=1))
                found[f"CSV for each 1,000 people, {size:,}, ms"] = taken / size * 1000
                found |= {f"{job}, {size:,}, ms": took for job, took in _jobs(one.database).items()}
            return found

        yield measure


@contextmanager
def _at_every_size(stage: Stage) -> Iterator[dict[int, Web]]:
    with ExitStack() as servers:
        yield {size: servers.enter_context(web(stage.stores, size)) for size in SIZES}


def _growths(found: Figures) -> Figures:
    """How many times as long each look takes among the most people as among the fewest."""
    few, many = (f", {size:,}, ms" for size in (SIZES[0], SIZES[-1]))
    looks = [figure.removesuffix(few) for figure in found if figure.endswith(few)]
    return {f"{look}, its growth": found[look + many] / found[look + few] for look in looks}


def _opens(path: str) -> Callable[[Client], Awaitable[Answer]]:
    async def open_it(client: Client) -> Answer:
        return await client.get(path)

    return open_it


async def _median(
    one: Web, asks: Callable[[Client], Awaitable[Answer]], *, times: int = TIMES, cookie: str = ""
) -> float:
    """Milliseconds, one request at a time; the first is not counted."""
    client, took = Client(one.port, "" if cookie else BEARER), []
    client.cookie = cookie
    for _ in range(times + (times > 1)):
        began = monotonic()
        answer = await asks(client)
        took.append(monotonic() - began)
        assert answer.status in (200, 201), answer.status
    client.close()
    return statistics.median(took[times > 1 :]) * 1000


async def _cookie(one: Web) -> str:
    client = await signed_in(Client(one.port))
    client.close()
    return client.cookie


async def _half_way_down(one: Web) -> str:
    """The cursor of a page in the middle of the list, made of the registration that is there."""
    client = Client(one.port, BEARER)
    cursor = json.loads((await client.get(f"{API}/registrations?limit=1")).body)["next_cursor"]
    listed = await client.get(f"{API}/attendees.json?columns=registered_at")
    client.close()
    moments = re.findall(rb'"registered_at": "([^"]+)"', listed.body)
    half_way = datetime.fromisoformat(moments[len(moments) // 2].decode()).astimezone(UTC)
    return f"{half_way:%Y-%m-%dT%H:%M:%S.%fZ}~{cursor.partition('~')[2]}"


def _jobs(database: str) -> Figures:
    environment = {**SETTINGS, "REGISTRATION_DATABASE_URL": database, "BROKER_URL": "redis://127.0.0.1:1/0"}
    said = run(python("tests.bench.jobs"), cwd=ROOT, env=environment, check=True, capture_output=True)
    return dict(json.loads(said.stdout))


PAGES = Row("pages", "The organiser's list, search and filters, as registrations grow", pages)
REQUESTS = Row("growth", "Requests and the clock's work, as registrations grow", requests)
