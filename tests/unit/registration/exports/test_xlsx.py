"""Workbooks as spreadsheets read them."""

import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook  # type: ignore[import-untyped,unused-ignore]

from services.registration.exports.columns import Cell, Cells, Column
from services.registration.exports.sources import Source
from services.registration.exports.xlsx import LONGEST_CELL, as_value, write_xlsx

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def sheet(*rows: Mapping[str, Cell], names: tuple[str, ...] = ("name", "answer")) -> Any:
    """The sheet of a workbook with these rows, each of them a batch."""
    columns = tuple(Column(name, Source(None)) for name in names)
    batches: Iterator[list[Cells]] = iter([[[row.get(name)] for name in names] for row in rows])
    return load_workbook(io.BytesIO(b"".join(write_xlsx(columns, batches)))).active


def test_the_header_is_bold_and_stays_in_sight() -> None:
    written = sheet({"name": "Ada Example", "answer": "yes"}, {"name": "Ben Example"})

    assert list(written.values) == [("name", "answer"), ("Ada Example", "yes"), ("Ben Example", None)]
    assert written["A1"].font.bold
    assert written.freeze_panes == "A2"


def test_a_list_of_nobody_has_its_header() -> None:
    assert next(sheet().values) == ("name", "answer")


@pytest.mark.parametrize("text", ["=1+1", "+44 20", "-1", "@SUM(A1)", "0123", "1e3", "https://example.org/", "TRUE"])
def test_text_stays_text(text: str) -> None:
    cell = sheet({"name": text})["A2"]

    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


@given(st.lists(TEXTS, min_size=1))
def test_what_is_written_can_be_read_again(names: list[str]) -> None:
    written = sheet(*({"name": name, "answer": "same"} for name in names))
    assert [row[0] or "" for row in written.iter_rows(min_row=2, values_only=True)] == names


def test_choices_and_consents_are_words() -> None:
    written = sheet({"name": ["x", "y"], "answer": True}, {"name": [], "answer": False})
    assert list(written.values)[1:] == [("x; y", "yes"), (None, "no")]


def test_an_instant_is_the_time_that_the_events_clocks_showed() -> None:
    summer = datetime(2030, 7, 1, 10, 0, 30, 999_999, ZoneInfo("Europe/London"))

    cell = sheet({"name": summer})["A2"]
    assert cell.value == datetime(2030, 7, 1, 10, 0, 30)
    assert cell.is_date


@pytest.mark.parametrize("letter", ["a", "\u00e9", "\U0001f600"])
def test_a_cell_holds_no_more_than_a_spreadsheet_takes(letter: str) -> None:
    written = sheet({"name": letter * (LONGEST_CELL + 1)})["A2"].value

    assert written == as_value(letter * (LONGEST_CELL + 1))
    assert LONGEST_CELL - 1 <= len(written.encode("utf-16-le")) // 2 <= LONGEST_CELL
    assert set(written) == {letter}
