"""Attendee lists of 50,000 people, beside writing as many plain rows."""

import csv
import io
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import psycopg

from tests.bench.load import Client, load
from tests.bench.processes import peak
from tests.bench.product import API, BEARER, web
from tests.bench.rows.row import Figures, Row, Stage

PEOPLE = 50_000
FORMATS = ("csv", "xlsx")
PLAIN_ROWS = """
    SELECT registrations.name, people.email, organisation, registrations.status, registrations.created_at,
           (SELECT {joined}(CAST(cohort_id AS text), ',') FROM placements
            WHERE placements.person_id = registrations.person_id
              AND placements.status NOT IN ('withdrawn', 'declined')),
           rsvp, attendance, language,
           (SELECT {joined}(purpose, ',') FROM consents
            WHERE consents.registration_id = registrations.id AND withdrawn_at IS NULL),
           answers
    FROM registrations JOIN people ON people.id = person_id ORDER BY registrations.created_at, registrations.id
"""
"""What the product's lists are made of; `joined` is the database's function that joins texts."""


@contextmanager
def on(stage: Stage) -> Iterator[Callable[[], Figures]]:
    """One event of 50,000 people, and one web process, whose memory is measured."""
    with web(stage.stores, PEOPLE, WEB_WORKERS="1") as served:
        formats = [name for name in FORMATS if _download(served.port, name) is not None]
        before = peak([served.pid])

        def measure() -> Figures:
            found = {f"{name}: the floor, s": took for name, took in _floors(served.database)}
            for name in formats:
                found[f"{name}, s"] = _download(served.port, name) or 0.0
            return {**found, "memory grown by the exports, MB": peak([served.pid]) - before}

        yield measure


def _download(port: int, name: str) -> float | None:
    """Seconds from asking for a list to its last byte; None where there is no such format."""
    size = 0

    async def take(client: Client) -> int:
        nonlocal size
        answer = await client.get(f"{API}/attendees.{name}")
        size = len(answer.body)
        return answer.status

    found = load(port, take, at_once=1, turns=1, headers=BEARER)
    if found.statuses == {404: 1}:
        return None
    found.expect(200)
    assert size > PEOPLE * 20, size
    return found.seconds


def _floors(database: str) -> Iterator[tuple[str, float]]:
    for name, write in (("csv", _write_csv), ("xlsx", _write_xlsx)):
        began = monotonic()
        write(_plain_rows(database))
        yield name, monotonic() - began


def _plain_rows(database: str) -> Iterable[tuple[Any, ...]]:
    """The rows as the driver gives them, all at once."""
    if database.startswith("sqlite"):
        query = PLAIN_ROWS.format(joined="group_concat")
        return sqlite3.connect(database.removeprefix("sqlite:///")).execute(query).fetchall()
    with psycopg.connect(database, options="-c jit=off") as connection:
        return connection.execute(PLAIN_ROWS.format(joined="string_agg")).fetchall()


def _write_csv(rows: Iterable[tuple[Any, ...]]) -> None:
    csv.writer(io.StringIO()).writerows(rows)


def _write_xlsx(rows: Iterable[tuple[Any, ...]]) -> None:
    """openpyxl's write-only mode, which is its fastest."""
    from openpyxl import Workbook  # type: ignore[import-untyped,unused-ignore]

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([None if cell is None else str(cell) for cell in row])
    book.save(io.BytesIO())


ROW = Row("export", "50,000 attendees to a file", on)
