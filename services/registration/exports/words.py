"""Cells as text, for formats without types."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from types import NoneType
from typing import Any

from services.registration.exports.columns import Cell, Cells

WORDS: dict[type, Callable[[Any], str]] = {
    str: str,
    list: "; ".join,
    bool: {True: "yes", False: "no"}.__getitem__,
    datetime: partial(datetime.isoformat, timespec="seconds"),
    NoneType: lambda _: "",
}


def in_words(cell: Cell) -> str:
    """Convert a cell to text. Several choices are joined by "; "; times are ISO 8601 with their offset."""
    return WORDS[type(cell)](cell)


def all_in_words(cells: Cells) -> list[str]:
    """Convert every cell with `in_words`. Columns of one type, and blank cells, need no function call for each cell."""
    kinds = {*map(type, cells)}
    if len(kinds) == 1:
        return list(map(WORDS[kinds.pop()], cells))
    return [cell if type(cell) is str else "" if cell is None else WORDS[type(cell)](cell) for cell in cells]
