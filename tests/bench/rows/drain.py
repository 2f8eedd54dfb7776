"""Mails that wait while the worker stands still, and what the worker takes for them once it goes on."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from tests.bench.load import load
from tests.bench.processes import cpu_seconds
from tests.bench.product import Applicants, Stack, mailing
from tests.bench.rows.row import Figures, Row, Stage
from tests.bench.sink import smtplib_loop

MAILS, AT_ONCE = 500, 8
SETTLES_SECONDS = 1.0


@contextmanager
def on(stage: Stage) -> Iterator[Callable[[], Figures]]:
    """All of the product; each round holds its worker up and lets it go on."""
    people = Applicants("drained")
    with mailing(stage.stores, stage.folder) as (running, sink):

        def measure() -> Figures:
            floor, before = smtplib_loop(sink, MAILS), len(sink.arrivals)
            with _standing_still(running) as worker:
                load(running.port, people.register, at_once=AT_ONCE, turns=MAILS).expect(201)
                used, began = cpu_seconds(worker), monotonic()
            product = sink.wait_for(before + MAILS)[-1].at - began
            sleep(SETTLES_SECONDS)  # for the receipts, which are part of a notice's work
            return {
                "smtplib loop, mails a second": MAILS / floor,
                "worker, mails a second": MAILS / product,
                "worker's CPU for each notice, ms": (cpu_seconds(worker) - used) / MAILS * 1000,
            }

        yield measure


@contextmanager
def _standing_still(running: Stack) -> Iterator[list[int]]:
    """Stop the worker's processes, which are given, and let them go on at the end."""
    worker = running.processes()["worker"]
    sleep(SETTLES_SECONDS)  # a worker stopped in a transaction would keep others from writing
    for pid in worker:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield worker
    finally:
        for pid in worker:
            os.kill(pid, signal.SIGCONT)


ROW = Row("drain", "500 mails that wait, once the worker goes on", on)
