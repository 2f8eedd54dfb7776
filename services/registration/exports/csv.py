"""Attendees as CSV (RFC 4180) for spreadsheets: UTF-8 with a byte order mark, and no cell that runs as a formula.

Few cells need quotes or escapes, so a whole column of a batch is tested at once.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from services.registration.exports.columns import Cells, Column
from services.registration.exports.words import all_in_words

MARK = "\ufeff"
RUNS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""Characters that begin a formula in a spreadsheet, with the full-width forms of four of them."""
QUOTED = '",\r\n'
BEFORE = "\x1f"
"""Precedes each cell when cells are joined for the test. A cell that contains it only costs a second look."""
SOME_RUN = re.compile(f"{BEFORE}[{re.escape(''.join(RUNS))}]")


def write_csv(columns: Sequence[Column], batches: Iterable[list[Cells]]) -> Iterator[bytes]:
    """Write a header line, then a line for each row. Each batch is one chunk."""
    yield (MARK + _lines([fields([column.name]) for column in columns])).encode()
    for batch in batches:
        yield _lines([fields(cells) for cells in batch]).encode()


def fields(cells: Cells) -> list[str]:
    """Cells as CSV fields: as text, escaped against formulas, and quoted where necessary."""
    texts = all_in_words(cells)
    together = BEFORE + BEFORE.join(texts)
    if SOME_RUN.search(together):
        texts = harmless(texts)
    if any(character in together for character in QUOTED):
        texts = [_in_quotes(text) if any(character in text for character in QUOTED) else text for text in texts]
    return texts


def harmless(texts: Iterable[str]) -> list[str]:
    """Put an apostrophe before each text that a spreadsheet would run as a formula."""
    return [f"'{text}" if text[:1] in RUNS else text for text in texts]


def _lines(columns: list[list[str]]) -> str:
    if len(columns) == 1:  # without quotes, a blank cell would be a blank line
        columns = [[text or _in_quotes(text) for text in columns[0]]]
    return "".join([f"{','.join(row)}\r\n" for row in zip(*columns, strict=True)])


def _in_quotes(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
