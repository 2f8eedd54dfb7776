"""`python -m tests.bench`: what the product costs, beside the least that such work could cost, measured in turn."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.plot import picture
from tests.bench.report import Measured, report
from tests.bench.results import never_measured, read_targets, results_of, written
from tests.bench.rows import drain, export, growth, mail, post, reschedule, resources
from tests.bench.rows.row import Figures, Row, Stage
from tests.bench.stores import STORES, Stores, all_stores
from tests.support.arguments import at_least_one

HERE = Path(__file__).parent
EVERY_ROW = (
    post.ROW,
    mail.VISIT,
    mail.MAIL,
    mail.RUSHED,
    drain.ROW,
    export.ROW,
    growth.PAGES,
    growth.REQUESTS,
    reschedule.ROW,
    resources.MEMORY,
    resources.START,
)
ROWS = {row.name: row for row in EVERY_ROW}
ON_SQLITE_ALONE = {resources.START}


def main() -> int:
    """Measure what the command line asks for; 1 where a target is missed. Raises SystemExit where nothing can be."""
    asked = arguments()
    rows = [ROWS[asked.row]] if asked.row else list(EVERY_ROW)
    measured: Measured = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="placecard-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        with all_stores(folder, asked.stores) as stores:
            if not stores:
                sys.exit("Nothing was measured.")
            for row in rows:
                measured[row.name] = _on_all(row, stores, folder, asked.rounds)
            versions = {one.name: one.version for one in stores}
    print(f"It took {time.monotonic() - began:.0f} s.")
    unknown = _targets_without_figures(measured) if len(versions) == len(STORES) else []
    for target in unknown:
        print(f"MISSED: no figure is measured for the target {target}.")
    if not asked.row and not asked.stores:
        (HERE / "results.md").write_text(report(list(EVERY_ROW), measured, versions, asked.rounds))
        (HERE / "results.svg").write_text(picture(measured))
        print("The report is in tests/bench/results.md.")
    missed = any(not one.is_met for found in measured.values() for results in found.values() for one in results)
    return int(missed or bool(unknown))


def _on_all(row: Row, stores: list[Stores], folder: Path, rounds: int) -> dict[str, list]:  # type: ignore[type-arg]
    """A row's results on each of the stores, said as they come."""
    found = {}
    targets = read_targets().get(row.name, {})
    for one in stores:
        if row in ON_SQLITE_ALONE and one.name != "SQLite":
            continue
        began = time.monotonic()
        print(f"\n{row.work} ({row.name}), {one.name}", flush=True)
        found[one.name] = results_of(_rounds(row, Stage(one, folder), rounds), targets, one.name)
        for result in found[one.name]:
            ratio = "" if result.ratio is None else f"  {result.ratio:.2f} ×"
            target = "" if result.target is None else f"  {'ok' if result.is_met else 'MISSED'}: {result.target}"
            print(f"  {result.figure:<56} {written(result.median):>8}{ratio}{target}", flush=True)
        print(f"  (measured in {time.monotonic() - began:.0f} s)", flush=True)
    return found


def _targets_without_figures(measured: Measured) -> list[str]:
    """Targets that no figure on any of the stores has, which would pass whatever happens."""
    targets = read_targets()
    return [f"{row}: {name}" for row, found in measured.items() for name in never_measured(targets.get(row, {}), found)]


def _rounds(row: Row, stage: Stage, rounds: int) -> list[Figures]:
    with row.on(stage) as measure:
        return [measure() for _ in range(rounds)]


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for. Raises SystemExit for a value that there is not."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--row", choices=ROWS, help="one row alone; the report is left as it is")
    parser.add_argument("--stores", choices=STORES, help="one database alone; the report is left as it is")
    parser.add_argument("--rounds", type=at_least_one, default=3)
    asked = parser.parse_args(given)
    if asked.row and ROWS[asked.row] in ON_SQLITE_ALONE and asked.stores not in (None, "SQLite"):
        parser.error(f"the row {asked.row} is measured on SQLite alone")
    return asked


if __name__ == "__main__":
    sys.exit(main())
