"""`make chaos` runs what it is asked for, or says what it can be asked for."""

import pytest

from tests.chaos.__main__ import PAIRS, arguments


@pytest.mark.parametrize("pair", PAIRS)
def test_each_pair_can_be_asked_for_by_its_name(pair: str) -> None:
    assert arguments(["--pair", pair]).pair == pair


@pytest.mark.parametrize("pair", ["PostgreSQL, Redis", "MySQL and Redis", ""])
def test_an_unknown_pair_is_an_error_that_names_the_pairs(pair: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(["--pair", pair])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert all(name in said for name in PAIRS)


@pytest.mark.parametrize("given", [["--seed", "seven"], ["--people", "0"], ["--people", "-5"], ["--people", "many"]])
def test_a_seed_or_a_number_of_people_that_is_none_is_an_error(given: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(given)
    assert ended.value.code == 2
