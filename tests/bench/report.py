"""The report, tests/bench/results.md: what was measured, where, when, and beside what."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench.results import Result, Target, written
from tests.bench.rows.row import Row

PACKAGES = ("flask", "sqlalchemy", "psycopg", "dramatiq", "waitress")
Measured = dict[str, dict[str, list[Result]]]
"""Results by row's name and stores' name."""


def report(rows: list[Row], measured: Measured, stores: dict[str, str], rounds: int) -> str:
    """The report as Markdown."""
    found = [result for by_stores in measured.values() for results in by_stores.values() for result in results]
    missed = [result for result in found if not result.is_met]
    with_target = sum(result.target is not None for result in found)
    lines = [
        "# How fast it is, beside its floors",
        "",
        f"Measured on {datetime.now(UTC):%-d %B %Y} by `make bench` on {_machine()}, which did everything at once: the",
        "product, its databases and broker, the mail server and the load. Each figure is the median of "
        f"{rounds} rounds; in",
        "each round the floors and the product took turns, and ratios (×) are taken within a round. Absolute figures",
        "move with the machine; the ratios are what to look at. Peers were measured earlier and elsewhere.",
        "",
        f"{_versions()}; {'; '.join(stores.values())}, with their default settings.",
        "",
        f"**{with_target - len(missed)} of {with_target} targets are met.** "
        + ("Missed ones are marked ✗." if missed else ""),
        "",
        "![Every figure beside its target](results.svg)",
    ]
    for row in rows:
        if row.name in measured:
            lines += ["", f"## {row.work}", "", f"`make bench ROW={row.name}`", "", *_table(measured[row.name])]
    return "\n".join(lines) + "\n"


def _table(by_stores: dict[str, list[Result]]) -> list[str]:
    figures = list(dict.fromkeys(result.figure for results in by_stores.values() for result in results))
    found = {(name, result.figure): result for name, results in by_stores.items() for result in results}
    targets = {figure: next(filter(None, _targets_of(figure, by_stores)), None) for figure in figures}
    peers = any(target and target.peers for target in targets.values())
    head = ["", *by_stores, "target", *(["peers"] if peers else [])]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for figure in figures:
        target = targets[figure]
        of = f" of {target.of.rpartition(',')[0]}" if target and target.of else ""
        cells = [figure, *(_cell(found.get((name, figure))) for name in by_stores)]
        cells += [f"{target}{of}" if target else "", *([target.peers if target else ""] if peers else [])]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _targets_of(figure: str, by_stores: dict[str, list[Result]]) -> list[Target | None]:
    return [result.target for results in by_stores.values() for result in results if result.figure == figure]


def _cell(result: Result | None) -> str:
    if result is None:
        return "–"
    ratio = "" if result.ratio is None else f" ({result.ratio:.2f} ×)"
    return f"{written(result.median)}{ratio}{'' if result.is_met else ' ✗'}"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"a virtual machine with {os.cpu_count()} cores ({_processor()}) and {memory:.0f} GB of memory"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _versions() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, {packages}"
