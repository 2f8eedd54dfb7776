"""What the whole product weighs and how fast it starts, as `make run` starts it."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

from shared.runtime.ports import free_port
from tests.bench.load import load
from tests.bench.processes import ROOT, launch, pss
from tests.bench.product import EVENT, Applicants, stack
from tests.bench.rows.row import Figures, Row, Stage

SETTLES_SECONDS = 3.0
LOADED_SECONDS = 3.0
PATIENCE_SECONDS = 60.0


@contextmanager
def memory(stage: Stage) -> Iterator[Callable[[], Figures]]:
    """PSS of every process some seconds after the start, and after some seconds of registrations."""

    def measure() -> Figures:
        with stack(stage.stores.environment(), stage.folder) as running:
            load(running.port, Applicants("first").register, at_once=1, turns=1).expect(201)
            sleep(SETTLES_SECONDS)
            idle = {name: pss(pids) for name, pids in running.processes().items()}
            load(running.port, Applicants("loaded").register, at_once=8, seconds=LOADED_SECONDS).expect(201)
            loaded = {name: pss(pids) for name, pids in running.processes().items()}
        found = {f"{name} idle, MB": size for name, size in idle.items()}
        found |= {f"{name} loaded, MB": size for name, size in loaded.items()}
        return {**found, "all idle, MB": sum(idle.values()), "all loaded, MB": sum(loaded.values())}

    yield measure


@contextmanager
def start(stage: Stage) -> Iterator[Callable[[], Figures]]:
    """`make run` in a folder where it has run before, until the demo event's page is there."""
    folder = stage.folder / "started"
    _make_run(folder)

    def measure() -> Figures:
        return {"make run again, to the first page, s": _make_run(folder), **_installed()}

    yield measure


def _make_run(folder: Path) -> float:
    port = free_port()
    began = monotonic()
    with open(os.devnull, "wb") as silence:
        environment = {"PORT": str(port), "DATA_DIR": str(folder), "HOME": str(folder)}
        process = launch(["make", "run"], environment, stdout=silence)
    try:
        while not _shows_the_event(port):
            assert process.poll() is None, "make run ended"
            assert monotonic() - began < PATIENCE_SECONDS, "make run shows no page"
            sleep(0.01)
        return monotonic() - began
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _shows_the_event(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}{EVENT}", timeout=5) as page:
            return bool(page.status == 200)
    except URLError:
        return False


def _installed() -> Figures:
    """The locked packages that are installed here, and the size of their files."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    names = [line.partition("==")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))]
    size, count = 0, 0
    for name in names:
        with suppress(PackageNotFoundError):  # it is for another system
            package = distribution(name)
            count += 1
            for file in package.files or []:
                with suppress(OSError):
                    size += Path(str(package.locate_file(file))).stat().st_size
    return {"packages installed": count, "their size, MB": size / 1_000_000}


MEMORY = Row("memory", "Memory (PSS) of the whole product", memory)
START = Row("start", "Starting, and what is installed", start)
