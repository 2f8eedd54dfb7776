"""Attendees as CSV (RFC 4180) that opens in a spreadsheet: UTF-8 with its mark, and nothing that runs."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from services.registration.exports.columns import Cell, Column, Row

MARK = "\ufeff"
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_csv(columns: Sequence[Column], batches: Iterable[list[Row]]) -> Iterator[bytes]:
    """A header line, then a line for each row, in chunks of a batch."""
    page = io.StringIO(newline="")
    writer = csv.writer(page, lineterminator="\r\n")
    page.write(MARK)
    writer.writerow([column.name for column in columns])
    cells = [column.cell for column in columns]
    yield _torn_off(page)
    for rows in batches:
        writer.writerows([[in_words(cell(row)) for cell in cells] for row in rows])
        yield _torn_off(page)


def in_words(cell: Cell) -> str:
    """A cell as text. One that a spreadsheet would take for a formula begins with an apostrophe."""
    if isinstance(cell, str):
        text = cell
    elif isinstance(cell, list):
        text = "; ".join(cell)
    else:
        text = {True: "yes", False: "no", None: ""}[cell]
    return f"'{text}" if text.startswith(RUNS) else text


def _torn_off(page: io.StringIO) -> bytes:
    chunk = page.getvalue().encode()
    page.seek(0)
    page.truncate()
    return chunk
