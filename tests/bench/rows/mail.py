"""From registering to the mail: one visitor at a time, eight at once, and five hundred in a rush."""

import asyncio
import re
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from tests.bench.load import Client, load
from tests.bench.product import EVENT, Applicants, mailing
from tests.bench.rows.row import Figures, Row, Stage
from tests.bench.sink import smtplib_loop

VISITS_ONE_BY_ONE = 30
RUSH, RUSH_AT_ONCE = 500, 32


class Visitors(Applicants):
    """People who open the page and send its form."""

    async def visit(self, client: Client) -> int:
        """Look at the page, and register."""
        return await self._send(client, await self._form_key(client), self.next()["email"])

    async def timed(self, client: Client) -> tuple[float, str]:
        """Look at the page, and register: when the form was sent (monotonic seconds), and who they are."""
        form_key, email = await self._form_key(client), self.next()["email"]
        at = monotonic()
        assert await self._send(client, form_key, email) == 200
        return at, email

    async def _form_key(self, client: Client) -> str:
        page = await client.get(EVENT)
        found = re.search(rb'name="form_key" value="([^"]+)"', page.body)
        assert found, page.status
        return found[1].decode()

    async def _send(self, client: Client, form_key: str, email: str) -> int:
        typed = {
            "form_key": form_key,
            "name": "Ada Example",
            "email": email,
            "organisation": "Example Trust",
            "answers.organisation_type": "charity",
            "answers.interests": "webinar",
            "consents": "privacy",
        }
        sent = await client.post_form(EVENT, typed)
        thanks = re.search(rb"(?im)^location: (?:https?://[^/]+)?(\S+)", sent.head)
        return (await client.get(thanks[1].decode())).status if sent.status == 303 and thanks else sent.status


@contextmanager
def visits(stage: Stage) -> Iterator[Callable[[], Figures]]:
    """Eight people at once, each opening the page and sending the form."""
    people = Visitors("visitor")
    with mailing(stage.stores, stage.folder) as (running, _):

        def measure() -> Figures:
            found = load(running.port, people.visit, at_once=8, seconds=2 * stage.turn).expect(200)
            return {"visits, 8 at once, a second": found.a_second, "visit p50, 8 at once, ms": found.percentile(50)}

        yield measure


@contextmanager
def one_by_one(stage: Stage) -> Iterator[Callable[[], Figures]]:
    """One form at a time, until its mail is there."""
    people = Visitors("single")
    with mailing(stage.stores, stage.folder) as (running, sink):

        async def waits() -> list[float]:
            client, took = Client(running.port), []
            for _ in range(VISITS_ONE_BY_ONE):
                sent_at, email = await people.timed(client)
                took.append((await asyncio.to_thread(sink.wait_for_one_to, email)).at - sent_at)
            client.close()
            return took

        def measure() -> Figures:
            cuts = statistics.quantiles(asyncio.run(waits()), n=20, method="inclusive")
            return {"submit to mail p50, ms": cuts[9] * 1000, "submit to mail p95, ms": cuts[18] * 1000}

        yield measure


@contextmanager
def rush(stage: Stage) -> Iterator[Callable[[], Figures]]:
    """Five hundred people, until the last mail is there; beside sending as many mails and nothing else."""
    people = Applicants("rush")
    with mailing(stage.stores, stage.folder) as (running, sink):

        def measure() -> Figures:
            floor, before = smtplib_loop(sink, RUSH), len(sink.arrivals)
            began = monotonic()
            load(running.port, people.register, at_once=RUSH_AT_ONCE, turns=RUSH).expect(201)
            accepted = monotonic() - began
            product = sink.wait_for(before + RUSH)[-1].at - began
            return {
                "smtplib loop, mails a second": RUSH / floor,
                "registration to mail, mails a second": RUSH / product,
                "500 registrations to the last mail, s": product,
                "500 registrations accepted, s": accepted,
            }

        yield measure


VISIT = Row("visit", "A visit: the page, then its form", visits)
MAIL = Row("mail", "From the form to the mail, one at a time", one_by_one)
RUSHED = Row("rush", "500 registrations, 32 at once, to the last mail", rush)
