"""Medians, ratios, and the targets that they are held to."""

import pytest

from tests.bench.results import Target, never_measured, results_of

ROUNDS = [{"floor, s": 1.0, "csv, s": 2.0}, {"floor, s": 2.0, "csv, s": 3.0}, {"floor, s": 4.0, "csv, s": 4.0}]


@pytest.mark.parametrize(("limit", "is_met"), [(1.5, True), (1.4, False)])
def test_a_ratio_is_taken_within_each_round(limit: float, is_met: bool) -> None:
    target = Target(at_most=limit, of="floor, s")
    _, result = results_of(ROUNDS, {"csv, s": target}, "SQLite")
    assert (result.median, result.ratio, result.is_met) == (3.0, 1.5, is_met)


@pytest.mark.parametrize(("limit", "is_met"), [(3.0, True), (3.1, False)])
def test_a_target_from_below_is_missed_by_less(limit: float, is_met: bool) -> None:
    _, result = results_of(ROUNDS, {"csv, s": Target(at_least=limit)}, "SQLite")
    assert result.is_met is is_met


def test_a_target_on_one_database_is_none_on_another() -> None:
    targets = {"csv, s": Target(at_most=1, on="PostgreSQL")}
    assert not results_of(ROUNDS, targets, "PostgreSQL")[1].is_met
    assert results_of(ROUNDS, targets, "SQLite")[1].target is None


def test_a_target_for_a_figure_that_nobody_measures_is_found() -> None:
    targets = {"csv, s": Target(at_most=1), "cvs, s": Target(at_most=1)}
    assert never_measured(targets, {"SQLite": results_of(ROUNDS, targets, "SQLite")}) == ["cvs, s"]
