"""`python -m tests.bench`: measure every row in rounds, write the report, and say what misses its target."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.plot import picture
from tests.bench.report import Measured, report
from tests.bench.results import read_targets, results_of, written
from tests.bench.rows import export, growth, mail, post, reschedule, resources
from tests.bench.rows.row import Figures, Row, Stage
from tests.bench.stores import Stores, all_stores

HERE = Path(__file__).parent
ROWS = (
    post.ROW,
    mail.VISIT,
    mail.MAIL,
    mail.RUSHED,
    export.ROW,
    growth.PAGES,
    growth.REQUESTS,
    reschedule.ROW,
    resources.MEMORY,
    resources.START,
)
ON_SQLITE_ALONE = {resources.START}


def main() -> int:
    """Measure what the command line asks for; 1 where a target is missed."""
    asked = _arguments()
    rows = [row for row in ROWS if asked.row in ("", row.name)]
    if not rows:
        sys.exit(f"There is no row {asked.row!r}. Choose from {', '.join(row.name for row in ROWS)}.")
    measured: Measured = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="placecard-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        with all_stores(folder, asked.stores) as stores:
            for row in rows:
                measured[row.name] = _on_all(row, stores, folder, asked.rounds)
            versions = {one.name: one.version for one in stores}
    print(f"It took {time.monotonic() - began:.0f} s.")
    if not asked.row and not asked.stores:
        (HERE / "results.md").write_text(report(list(ROWS), measured, versions, asked.rounds))
        (HERE / "results.svg").write_text(picture(measured))
        print("The report is in tests/bench/results.md.")
    return int(any(not one.is_met for found in measured.values() for results in found.values() for one in results))


def _on_all(row: Row, stores: list[Stores], folder: Path, rounds: int) -> dict[str, list]:  # type: ignore[type-arg]
    """A row's results on each of the stores, said as they come."""
    found = {}
    targets = read_targets().get(row.name, {})
    for one in stores:
        if row in ON_SQLITE_ALONE and one.name != "SQLite":
            continue
        began = time.monotonic()
        print(f"\n{row.work} ({row.name}), {one.name}", flush=True)
        found[one.name] = results_of(_rounds(row, Stage(one, folder), rounds), targets)
        for result in found[one.name]:
            ratio = "" if result.ratio is None else f"  {result.ratio:.2f} ×"
            target = "" if result.target is None else f"  {'ok' if result.is_met else 'MISSED'}: {result.target}"
            print(f"  {result.figure:<56} {written(result.median):>8}{ratio}{target}", flush=True)
        print(f"  (measured in {time.monotonic() - began:.0f} s)", flush=True)
    return found


def _rounds(row: Row, stage: Stage, rounds: int) -> list[Figures]:
    with row.on(stage) as measure:
        return [measure() for _ in range(rounds)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--row", default="", help="one row alone; the report is left as it is")
    parser.add_argument("--stores", default="", help="PostgreSQL or SQLite alone")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
