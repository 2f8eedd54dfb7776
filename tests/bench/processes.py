"""Starting processes, waiting for them, and what they cost in memory."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
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


def children(pid: int) -> list[int]:
    """The processes that a process started, in that order."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def family(pid: int) -> list[int]:
    """A process and all that descend from it, the eldest first."""
    found = [pid]
    for one in found:
        found += children(one)
    return found


def pss(pids: Iterable[int]) -> float:
    """Proportional set size in MB: shared pages count by the part that each of their owners has."""
    return sum(_kilobytes(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in pids) / 1024


def peak(pids: Iterable[int]) -> float:
    """The most memory that each of the processes ever had at once, added up, in MB."""
    return sum(_kilobytes(f"/proc/{pid}/status", "VmHWM:") for pid in pids) / 1024


def cpu_seconds(pids: Iterable[int]) -> float:
    """The CPU time that processes have used so far, in user mode and in the kernel."""
    return sum(_ticks(pid) for pid in pids) / os.sysconf("SC_CLK_TCK")


def _kilobytes(file: str, name: str) -> int:
    return next(int(line.split()[1]) for line in Path(file).read_text().splitlines() if line.startswith(name))


def _ticks(pid: int) -> int:
    """The fields utime and stime (proc(5)), counted from after the name, which may hold spaces."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
