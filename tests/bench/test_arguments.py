"""`make bench` measures what it is asked for, or says what it can be asked for."""

import pytest

from tests.bench.__main__ import ROWS, arguments
from tests.bench.results import read_targets
from tests.bench.stores import STORES


@pytest.mark.parametrize("row", ROWS)
def test_each_row_can_be_asked_for_by_its_name(row: str) -> None:
    assert arguments(["--row", row]).row == row


@pytest.mark.parametrize(
    ("given", "names"),
    [(["--row", "posts"], ROWS), (["--row", ""], ROWS), (["--stores", "MySQL"], STORES), (["--stores", "sql"], STORES)],
)
def test_an_unknown_row_or_database_is_an_error_that_names_them_all(
    given: list[str], names: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(given)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert all(name in said for name in names)


def test_a_row_for_one_database_is_not_asked_of_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert arguments(["--row", "start", "--stores", "SQLite"]).stores == "SQLite"
    with pytest.raises(SystemExit):
        arguments(["--row", "start", "--stores", "PostgreSQL"])
    assert "measured on SQLite alone" in capsys.readouterr().err


@pytest.mark.parametrize("rounds", ["0", "-1", "three", "1.5"])
def test_a_number_of_rounds_that_is_none_is_an_error(rounds: str) -> None:
    with pytest.raises(SystemExit):
        arguments(["--rounds", rounds])


def test_every_target_is_for_a_row_that_is_measured() -> None:
    assert read_targets().keys() <= ROWS.keys()
