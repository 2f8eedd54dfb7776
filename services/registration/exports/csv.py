"""Attendees as CSV (RFC 4180) for spreadsheets: UTF-8 with a byte order mark, and no cell that runs as a formula.

Few cells need quotes or escapes, so a whole column of a batch is tested at once.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from services.registration.exports.columns import Cells, Column
from services.registration.exports.words import all_in_words
from services.registration.rules.formulas import STARTS, without_formula

MARK = "\ufeff"
QUOTED = '",\r\n'
BEFORE = "\ud800"
"""Precedes each cell when cells are joined for the test. No cell contains it, because UTF-8 has no lone surrogates."""
SOME_START = re.compile(f"{BEFORE}[{STARTS}]")


def write_csv(columns: Sequence[Column], batches: Iterable[list[Cells]]) -> Iterator[bytes]:
    """Write a header line, then a line for each row. Each batch is one chunk."""
    yield (MARK + _lines([fields([column.name]) for column in columns])).encode()
    for batch in batches:
        yield _lines([fields(cells) for cells in batch]).encode()


def fields(cells: Cells) -> list[str]:
    """Cells as CSV fields: as text, escaped against formulas, and quoted where necessary."""
    texts = all_in_words(cells)
    together = BEFORE + BEFORE.join(texts)
    if SOME_START.search(together):
        texts = [without_formula(text) for text in texts]
    if any(character in together for character in QUOTED):
        texts = [_in_quotes(text) if any(character in text for character in QUOTED) else text for text in texts]
    return texts


def _lines(columns: list[list[str]]) -> str:
    if len(columns) == 1:  # without quotes, a blank cell would be a blank line
        columns = [[text or _in_quotes(text) for text in columns[0]]]
    return "".join([f"{','.join(row)}\r\n" for row in zip(*columns, strict=True)])


def _in_quotes(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
