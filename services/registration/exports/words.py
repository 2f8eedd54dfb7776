"""Cells in words, for files whose cells are text."""

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
    """A cell as people read it: several choices with "; " between, an instant as ISO 8601 with its offset."""
    return WORDS[type(cell)](cell)


def all_in_words(cells: Cells) -> list[str]:
    """Every cell `in_words`. Most columns are of one kind, and most others text or blank, which is told apart
    without a call for each."""
    kinds = {*map(type, cells)}
    if len(kinds) == 1:
        return list(map(WORDS[kinds.pop()], cells))
    return [cell if type(cell) is str else "" if cell is None else WORDS[type(cell)](cell) for cell in cells]
