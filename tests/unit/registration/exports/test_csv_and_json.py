"""Cells and files as spreadsheets and programs read them."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.exports.columns import Cell, Cells, Column
from services.registration.exports.csv import MARK, fields, write_csv
from services.registration.exports.json import write_json
from services.registration.exports.sources import Source
from services.registration.rules.formulas import is_formula, without_formula

COLUMNS = tuple(Column(name, Source(None)) for name in ("name", "interests", "consent_news"))
SUMMER = datetime(2030, 7, 1, 10, 0, 0, 999_999, ZoneInfo("Europe/London"))
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=20)


def batches(*rows: tuple[Cell, Cell, Cell]) -> Iterator[list[Cells]]:
    """Each row a batch of its own, a column at a time."""
    for row in rows:
        yield [[cell] for cell in row]


def named(names: list[str]) -> Iterator[list[Cells]]:
    return batches(*((name, None, False) for name in names))


def a_batch(names: list[str]) -> Iterator[list[Cells]]:
    yield [names, [None] * len(names), [False] * len(names)]


def read_csv(chunks: Iterator[bytes]) -> list[list[str]]:
    text = b"".join(chunks).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Ada Example", "Ada Example"),
        ("=1+1", "'=1+1"),
        ("+44 20", "+44 20"),
        ("-1", "-1"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", '"\'\r=1"'),
        ("＝1+1", "'＝1+1"),
        (["a", "b"], "a; b"),
        (["=a", "b"], "'=a; b"),
        ([], ""),
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (SUMMER, "2030-07-01T10:00:00+01:00"),
    ],
)
def test_a_cell_of_a_csv_file(cell: Any, text: str) -> None:
    assert fields([cell]) == [text]


def test_csv_begins_with_its_mark_and_ends_its_lines_as_rfc_4180_says() -> None:
    written = b"".join(write_csv(COLUMNS, batches(("Ада, Example", ["x", "y"], True))))

    assert written.decode() == f'{MARK}name,interests,consent_news\r\n"Ада, Example",x; y,yes\r\n'


@given(st.lists(CELLS.filter(lambda name: not is_formula(name))))
def test_what_is_written_as_csv_can_be_read_again(names: list[str]) -> None:
    read = read_csv(write_csv(COLUMNS, named(names)))
    assert [line[0] for line in read[1:]] == names


@given(st.lists(st.text(st.one_of(st.sampled_from('",\r\n\x1f=+a'), st.characters(exclude_categories=["Cs"])))))
def test_a_column_needs_the_same_care_as_each_of_its_cells(names: list[str]) -> None:
    """Which of them stand in quotes is as the standard library has it."""
    page = io.StringIO(newline="")
    csv.writer(page).writerows([text, "", "no"] for text in map(without_formula, names))
    _, _, written = b"".join(write_csv(COLUMNS, a_batch(names))).decode().partition("consent_news\r\n")
    assert written == page.getvalue()


def test_a_blank_cell_alone_in_its_line_is_a_line() -> None:
    names: Cells = ["Ada", None, "Ben"]
    assert read_csv(write_csv(COLUMNS[:1], iter([[names]]))) == [["name"], ["Ada"], [""], ["Ben"]]


@given(st.lists(CELLS))
def test_what_is_written_as_json_can_be_read_again(names: list[str]) -> None:
    read = json.loads(b"".join(write_json(COLUMNS, named(names))))
    assert [one["name"] for one in read] == names


def test_json_keeps_lists_and_says_null() -> None:
    read = json.loads(b"".join(write_json(COLUMNS, batches(("Ada", ["x", "y"], False), ("Ben", None, False)))))
    assert read == [
        {"name": "Ada", "interests": ["x", "y"], "consent_news": False},
        {"name": "Ben", "interests": None, "consent_news": False},
    ]


@pytest.mark.parametrize("write", [write_csv, write_json])
def test_a_file_is_written_while_its_rows_are_read(write: Any) -> None:
    taken: list[str] = []

    def rows() -> Iterator[list[Cells]]:
        for name in ("first", "second"):
            taken.append(name)
            yield [[name], [None], [False]]

    chunks = write(COLUMNS, rows())
    while b"first" not in next(chunks):
        pass
    assert taken == ["first"]
