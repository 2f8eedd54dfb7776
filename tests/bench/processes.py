"""Starting processes, waiting for them, and what they cost in memory."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.runtime.ports import accepts

ROOT = Path(__file__).parents[2]
START_SECONDS = 30.0


def launch(command: list[str], environment: Mapping[str, str] | None = None, **options: Any) -> Any:
    """Start a process in the repository's root, in a group of its own."""
    environment = {"PATH": os.environ["PATH"], **(environment or {})}
    return subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, **options)


@contextmanager
def running(command: list[str], port: int, environment: Mapping[str, str] | None = None) -> Iterator[Any]:
    """A server process, for as long as it is needed; it is there once it listens."""
    process = launch(command, environment)
    try:
        until_listening(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def python(module: str, *arguments: object) -> list[str]:
    """The command that runs a module with our own Python."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def until_listening(port: int, process: Any) -> None:
    """Wait until somebody listens on a port. Raises AssertionError where the process ends instead."""
    deadline = time.monotonic() + START_SECONDS
    while not accepts(port):
        assert process.poll() is None, f"{process.args} ended"
        assert time.monotonic() < deadline, f"{process.args} does not listen"
        time.sleep(0.02)


def family(pid: int) -> list[int]:
    """A process and all that descend from it, the eldest first."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*"):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def pss(pid: int) -> float:
    """Proportional set size in MB: shared pages count by the part that each of their owners has."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def peak(pid: int) -> float:
    """The most memory that a process ever had at once, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
