"""Attendees as CSV (RFC 4180) that opens in a spreadsheet: UTF-8 with its mark, and nothing that runs.

Few cells need care. Whether any does is looked for in all cells of a column and batch at once.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from services.registration.exports.columns import Cells, Column
from services.registration.exports.words import all_in_words

MARK = "\ufeff"
RUNS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""Characters that begin a formula in a spreadsheet; the last four are their full-width forms."""
QUOTED = '",\r\n'
BEFORE = "\x1f"
"""Goes before each cell where they are looked at together. One that has it inside is only looked at twice."""
SOME_RUN = re.compile(f"{BEFORE}[{re.escape(''.join(RUNS))}]")


def write_csv(columns: Sequence[Column], batches: Iterable[list[Cells]]) -> Iterator[bytes]:
    """A header line, then a line for each row, in chunks of a batch."""
    yield (MARK + _lines([fields([column.name]) for column in columns])).encode()
    for batch in batches:
        yield _lines([fields(cells) for cells in batch]).encode()


def fields(cells: Cells) -> list[str]:
    """Cells as they stand in the file: in words, harmless, and in quotes where they must be."""
    texts = all_in_words(cells)
    together = BEFORE + BEFORE.join(texts)
    if SOME_RUN.search(together):
        texts = harmless(texts)
    if any(character in together for character in QUOTED):
        texts = [_in_quotes(text) if any(character in text for character in QUOTED) else text for text in texts]
    return texts


def harmless(texts: Iterable[str]) -> list[str]:
    """The texts; one that a spreadsheet would take for a formula begins with an apostrophe."""
    return [f"'{text}" if text[:1] in RUNS else text for text in texts]


def _lines(columns: list[list[str]]) -> str:
    if len(columns) == 1:  # where nothing but quotes tells a blank cell from no line
        columns = [[text or _in_quotes(text) for text in columns[0]]]
    return "".join([f"{','.join(row)}\r\n" for row in zip(*columns, strict=True)])


def _in_quotes(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
