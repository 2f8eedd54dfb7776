"""The short form: a minute in which everything dies once, and nobody notices."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.capacity import race
from tests.chaos.run import Run, carry_out

SHORT = {"count": 60, "seconds": 15.0, "seed": 7, "whole": False}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL can reach too, which runs as somebody else."""
    with tempfile.TemporaryDirectory(prefix="placecard-chaos-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_nothing_is_lost_and_nothing_comes_twice_unmarked(folder: Path) -> None:
    report = carry_out(Run("SQLite", "Redis", **SHORT), folder)  # type: ignore[arg-type]
    assert report.verdict.problems == []
    assert report.verdict.figures["registered"] == "60"
    assert "@example.org" not in (folder / "log").read_text()


@pytest.mark.parametrize(
    ("database", "waitlist", "others"), [("SQLite", True, "waitlisted"), ("PostgreSQL", False, "refused")]
)
def test_a_race_for_places_gives_away_each_once_and_in_order(
    folder: Path, database: str, waitlist: bool, others: str
) -> None:
    if database == "PostgreSQL" and "TEST_POSTGRES_URL" not in os.environ:
        pytest.skip("TEST_POSTGRES_URL names no PostgreSQL server")
    ended = race(database, folder, clients=120, places=50, kill=database == "SQLite", waitlist=waitlist)
    assert ended.problems == []
    assert ended.statuses == {"confirmed": 50, others: 70}
