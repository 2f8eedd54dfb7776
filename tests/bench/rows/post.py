"""Registrations through the API, beside inserting a row under the same web server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from shared.runtime.ports import free_port
from tests.bench.load import Client, load
from tests.bench.processes import python, running
from tests.bench.product import Applicants, web
from tests.bench.rows.row import Figures, Row, Stage

CLIENTS = (8, 32)


@contextmanager
def on(stage: Stage) -> Iterator[Callable[[], Figures]]:
    """Floors and product, each with its own server."""
    people = Applicants()

    async def insert(client: Client) -> int:
        return (await client.post_json("/", people.next())).status

    with ExitStack() as servers:
        echo = servers.enter_context(_serving("tests.bench.echo"))
        floors = {"Flask and SQLAlchemy": servers.enter_context(_floor("sqlalchemy", stage))}
        if stage.stores.name == "PostgreSQL":
            floors["psycopg alone"] = servers.enter_context(_floor("psycopg", stage))
        product = servers.enter_context(web(stage.stores))

        def measure() -> Figures:
            found: Figures = {}
            for clients in CLIENTS:
                tried = {name: load(port, insert, at_once=clients, seconds=stage.turn) for name, port in floors.items()}
                tried["product"] = load(product.port, people.register, at_once=clients, seconds=stage.turn)
                found |= {f"{name}, {clients} at once, a second": it.expect(201).a_second for name, it in tried.items()}
            generator = load(echo, insert, at_once=8, seconds=0.5).expect(201)
            return {**found, "the load generator itself, 8 at once, a second": generator.a_second}

        yield measure


@contextmanager
def _floor(name: str, stage: Stage) -> Iterator[int]:
    with _serving("tests.bench.floors", name, DATABASE_URL=stage.stores.floor_url) as port:
        yield port


@contextmanager
def _serving(module: str, *arguments: str, **environment: str) -> Iterator[int]:
    port = free_port()
    with running(python(module, *arguments, port), port, environment):
        yield port


ROW = Row("post", "Registering through the API", on)
