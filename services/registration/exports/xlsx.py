"""Attendees as a workbook (Office Open XML): times are date cells, all other cells are text, and none is a formula."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rustpy_xlsxwriter import write_worksheet

from services.registration.exports.columns import Cell, Cells, Column
from services.registration.exports.words import in_words

LONGEST_CELL = 32_767
"""The limit of a cell, in UTF-16 code units. Spreadsheets repair or reject a file that exceeds it."""
NARROWEST, WIDEST_HEADER, WIDEST, WIDTH_OF_TIMES = 10, 30, 50, 20
CHUNK_BYTES = 65_536


def write_xlsx(columns: Sequence[Column], batches: Iterator[list[Cells]]) -> Iterator[bytes]:
    """Write one sheet: a bold, frozen header, then a row for each attendee.

    The whole file is written to disk before its first byte is sent, because its beginning depends on its end.
    """
    names = [column.name for column in columns]
    first = next(batches, None) or [[None]] * len(names)  # the library writes no header without a row
    with TemporaryDirectory() as folder:
        path = Path(folder, "attendees.xlsx")
        write_worksheet(
            _records(names, first, batches),
            path,
            sheet_name="Attendees",
            freeze_row=1,
            bold_headers=True,
            autofilter=True,
            column_widths=[_width(name, cells) for name, cells in zip(names, first, strict=True)],
            datetime_format="yyyy-mm-dd hh:mm",
        )
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


def _records(names: list[str], first: list[Cells], rest: Iterable[list[Cells]]) -> Iterator[dict[str, Any]]:
    for batch in chain([first], rest):
        for row in zip(*map(_as_values, batch), strict=True):
            yield dict(zip(names, row, strict=True))


def _as_values(cells: Cells) -> list[Any]:
    """Convert every cell with `as_value`. Blank cells and short texts need no function call."""
    short = LONGEST_CELL // 2
    return [cell if cell is None or (type(cell) is str and len(cell) <= short) else as_value(cell) for cell in cells]


def as_value(cell: Cell) -> str | datetime | None:
    """The value of a workbook cell: None, a local time without an offset, or text cut to LONGEST_CELL."""
    if cell is None:
        return None
    if isinstance(cell, datetime):
        return cell.replace(microsecond=0, tzinfo=None)
    units = in_words(cell).encode("utf-16-le")
    return units[: 2 * LONGEST_CELL].decode("utf-16-le", "ignore")


def _width(name: str, cells: Cells) -> int:
    """The width of a column in characters, from the longest text in the first batch."""
    if any(isinstance(cell, datetime) for cell in cells):
        return WIDTH_OF_TIMES
    longest = max((len(in_words(cell)) for cell in cells), default=0)
    return min(max(longest, min(len(name) + 3, WIDEST_HEADER), NARROWEST), WIDEST)
