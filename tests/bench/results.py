"""Rounds become medians, ratios and verdicts."""

import statistics
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.bench.rows.row import Figures

TARGETS = Path(__file__).with_name("targets.toml")


@dataclass(frozen=True)
class Target:
    """What a figure must reach; with `of`, its ratio to that figure of the same round; with `on`, on that database."""

    at_least: float | None = None
    at_most: float | None = None
    of: str = ""
    on: str = ""
    peers: str = ""

    @property
    def limit(self) -> float:
        """Where it ends."""
        limit = self.at_most if self.at_least is None else self.at_least
        assert limit is not None
        return limit

    def is_met_by(self, value: float) -> bool:
        """Whether a value, or a ratio, is good enough."""
        return value <= self.limit if self.at_least is None else value >= self.limit

    def room(self, value: float) -> float:
        """How many times better than the limit a value is; below 1 it misses."""
        return self.limit / value if self.at_least is None else value / self.limit

    def __str__(self) -> str:
        sign = "at most" if self.at_least is None else "at least"
        return f"{sign} {self.limit:g}{' ×' if self.of else ''}{f' on {self.on}' if self.on else ''}"


@dataclass(frozen=True)
class Result:
    """One figure of one row on one pair of stores."""

    figure: str
    median: float
    ratio: float | None
    target: Target | None

    @property
    def judged(self) -> float:
        """What the target speaks of."""
        return self.median if self.ratio is None else self.ratio

    @property
    def is_met(self) -> bool:
        """Whether the target is reached, if there is one."""
        return self.target is None or self.target.is_met_by(self.judged)


def results_of(rounds: list[Figures], targets: dict[str, Target], stores: str) -> list[Result]:
    """The medians of a row's rounds on the stores of this name, beside the targets that hold there."""
    there = {figure: target for figure, target in targets.items() if target.on in ("", stores)}
    return [_result(figure, rounds, there.get(figure)) for figure in rounds[0]]


def never_measured(targets: dict[str, Target], found: dict[str, list[Result]]) -> list[str]:
    """The figures with a target that a row has on none of the stores."""
    measured = {result.figure for results in found.values() for result in results}
    return [figure for figure in targets if figure not in measured]


def _result(figure: str, rounds: list[Figures], target: Target | None) -> Result:
    ratio = None
    if target is not None and target.of:
        ratio = statistics.median(one[figure] / one[target.of] for one in rounds)
    return Result(figure, statistics.median(one[figure] for one in rounds), ratio, target)


def read_targets() -> dict[str, dict[str, Target]]:
    """The targets, by row and figure."""
    rows = tomllib.loads(TARGETS.read_text())
    return {row: {figure: Target(**target) for figure, target in figures.items()} for row, figures in rows.items()}


def written(value: float) -> str:
    """A figure with three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
