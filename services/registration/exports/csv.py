"""Attendees as CSV (RFC 4180) that opens in a spreadsheet: UTF-8 with its mark, and nothing that runs."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from services.registration.exports.columns import Cell, Cells, Column

MARK = "\ufeff"
RUNS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet takes for the beginning of a formula; the last four are their full-width forms."""


def write_csv(columns: Sequence[Column], batches: Iterable[list[Cells]]) -> Iterator[bytes]:
    """A header line, then a line for each row, in chunks of a batch."""
    page = io.StringIO(newline="")
    writer = csv.writer(page, lineterminator="\r\n")
    page.write(MARK)
    writer.writerow([column.name for column in columns])
    yield _torn_off(page)
    for batch in batches:
        writer.writerows(zip(*map(_all_in_words, batch), strict=True))
        yield _torn_off(page)


def in_words(cell: Cell) -> str:
    """A cell as text. One that a spreadsheet would take for a formula begins with an apostrophe."""
    if isinstance(cell, str):
        text = cell
    elif isinstance(cell, list):
        text = "; ".join(cell)
    else:
        text = {True: "yes", False: "no", None: ""}[cell]
    return f"'{text}" if text[:1] in RUNS else text


def _all_in_words(cells: Cells) -> list[str]:
    """Every cell `in_words`; most are blank or harmless text, so these are told apart first."""
    return [
        "" if cell is None else cell if type(cell) is str and cell[:1] not in RUNS else in_words(cell) for cell in cells
    ]


def _torn_off(page: io.StringIO) -> bytes:
    chunk = page.getvalue().encode()
    page.seek(0)
    page.truncate()
    return chunk
