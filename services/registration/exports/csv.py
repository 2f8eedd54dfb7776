"""Attendees as CSV (RFC 4180) that opens in a spreadsheet: UTF-8 with its mark, and nothing that runs."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from services.registration.exports.columns import Cells, Column
from services.registration.exports.words import all_in_words

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
        writer.writerows(zip(*(harmless(all_in_words(cells)) for cells in batch), strict=True))
        yield _torn_off(page)


def harmless(texts: Iterable[str]) -> list[str]:
    """The texts; one that a spreadsheet would take for a formula begins with an apostrophe."""
    return [f"'{text}" if text[:1] in RUNS else text for text in texts]


def _torn_off(page: io.StringIO) -> bytes:
    chunk = page.getvalue().encode()
    page.seek(0)
    page.truncate()
    return chunk
