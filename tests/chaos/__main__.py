"""`python -m tests.chaos`: the whole product as real processes under faults, on every pair of database and broker."""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.capacity import Race, race
from tests.chaos.run import Report, Run, carry_out, fresh_seed
from tests.support.arguments import at_least_one
from tests.support.servers import NotHere

PAIRS = {
    f"{database} and {broker}": (database, broker)
    for database in ("SQLite", "PostgreSQL")
    for broker in ("Redis", "RabbitMQ")
}
SECONDS = 100.0


def main() -> int:
    """Run what the command line asks for; 1 where anything was wrong. Raises SystemExit where nothing can run."""
    asked = arguments()
    print(f"Seed {asked.seed}; the same again: make chaos SEED={asked.seed} N={asked.people}", flush=True)
    reports: list[Report] = []
    absent: list[str] = []
    for pair in [asked.pair] if asked.pair else PAIRS:
        database, broker = PAIRS[pair]
        try:
            run = Run(database, broker, asked.people, SECONDS * max(1.0, asked.people / 1000), asked.seed, whole=True)
            reports.append(carry_out(run, _folder()))
        except NotHere as missing:
            absent.append(f"{pair}: there is no {missing} here")
            print(f"Left out. {absent[-1]}.", flush=True)
            continue
        print(_in_words(reports[-1]), flush=True)
    if not reports:
        sys.exit("Nothing was run.")
    races = [
        race(database, _folder(), clients=500, places=200, kill=True, waitlist=waitlist)
        for database in dict.fromkeys(report.run.database for report in reports)
        for waitlist in (True, False)
    ]
    for one in races:
        print(one, flush=True)
    text = report_of(reports, races, absent)
    Path(asked.report).write_text(text)
    print(f"The report is in {asked.report}.")
    wrong = any(not report.verdict.passed for report in reports) or any(one.problems for one in races)
    return 1 if wrong else 0


def report_of(reports: list[Report], races: list[Race], absent: list[str]) -> str:
    """The report as Markdown."""
    first = reports[0].run
    names = [f"{report.run.database}, {report.run.broker}" for report in reports]
    lines = [
        "# The last chaos report",
        "",
        f"{datetime.now(UTC):%-d %B %Y}, seed {first.seed}, {first.count} people over {first.seconds:.0f} s.",
        "",
        "| | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    lines += [
        f"| {figure} | " + " | ".join(report.verdict.figures[figure] for report in reports) + " |"
        for figure in reports[0].verdict.figures
    ]
    settled = " | ".join(f"{report.settled_after:.0f} s" for report in reports)
    lines += [f"| all settled, after the last fault and visitor | {settled} |", "", "What went wrong meanwhile:", ""]
    happened = Counter(fault for report in reports for fault in report.faults)
    lines += [f"- {fault}, {times} times over all runs" for fault, times in sorted(happened.items())]
    lines += ["", "Races for places, with the web killed meanwhile:", "", *(f"- {one}" for one in races)]
    lines += [f"- Left out. {one}." for one in absent]
    return "\n".join(lines) + "\n"


def _in_words(report: Report) -> str:
    figures = ", ".join(f"{name}: {value}" for name, value in report.verdict.figures.items())
    problems = "".join(f"\n  wrong: {problem}" for problem in report.verdict.problems[:50])
    pair = f"{report.run.database} and {report.run.broker}"
    return f"{pair}: {figures}; settled after {report.settled_after:.0f} s{problems}"


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="placecard-chaos-"))
    folder.chmod(0o755)  # PostgreSQL runs as somebody else
    return folder


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for. Raises SystemExit for a value that there is not."""
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--people", type=at_least_one, default=1000)
    parser.add_argument("--seed", type=int, default=fresh_seed())
    parser.add_argument("--pair", choices=PAIRS, help="one database and broker alone")
    parser.add_argument("--report", default="tests/chaos/report.md")
    return parser.parse_args(given)


if __name__ == "__main__":
    sys.exit(main())
