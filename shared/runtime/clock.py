"""The clock process: the periodic jobs of one service or several. Each run of a job is one transaction."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from shared.database.utc import now
from shared.messaging import inbox, outbox
from shared.messaging.queue import Queue
from shared.runtime import heartbeat
from shared.runtime.child_processes import stop_signal

HEARTBEAT_SECONDS = 10
SWEEP_SECONDS = 1
HOUSEKEEPING_SECONDS = 3600

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """A function that a clock calls every so many seconds, in its service's application context."""

    name: str
    every_seconds: int
    do: Callable[[], Any]


class Sweeping:
    """The sweeps of one outbox, and the duration of the last one in seconds."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.seconds = 0.0

    def sweep(self) -> None:
        """Sweep once."""
        began = time.monotonic()
        outbox.sweep(self.queue)
        self.seconds = time.monotonic() - began


def run_clock(apps: Sequence[Flask]) -> None:
    """Run the jobs of these services until SIGTERM or SIGINT. Several clocks may run for one service."""
    scheduler = BackgroundScheduler(timezone="UTC")
    for app in apps:
        for job in [*_common_jobs(app), *app.extensions.get("jobs", [])]:
            scheduler.add_job(
                _inside(app, job),
                "interval",
                seconds=job.every_seconds,
                id=f"{app.name} {job.name}",
                coalesce=True,
                max_instances=1,
                next_run_time=now(),
            )
    stopping = stop_signal()
    scheduler.start()
    log.info("clock started", services=[app.name for app in apps])
    while not stopping.wait(1):
        pass
    scheduler.shutdown(wait=True)


def _common_jobs(app: Flask) -> list[Job]:
    queue: Queue = app.extensions["queue"]
    sweeping = Sweeping(queue)

    def tidy() -> None:
        outbox.forget_settled(queue)
        inbox.forget_settled(queue)

    return [
        Job("sweep", SWEEP_SECONDS, sweeping.sweep),
        Job("retry", SWEEP_SECONDS, lambda: inbox.retry_due(queue)),
        Job(
            "heartbeat",
            HEARTBEAT_SECONDS,
            lambda: heartbeat.beat(queue.session, app.extensions["heartbeat"], sweeping.seconds),
        ),
        Job("housekeeping", HOUSEKEEPING_SECONDS, tidy),
    ]


def _inside(app: Flask, job: Job) -> Callable[[], None]:
    """The job in its service's application context, with a commit at its end.

    The sweep sends before this commit. If the commit fails, its rows are still due, so the same messages are sent
    again: that costs only redeliveries, which every inbox answers from what it has stored.
    """
    queue: Queue = app.extensions["queue"]

    def run() -> None:
        with app.app_context():
            try:
                job.do()
                queue.session.commit()
            except Exception:
                log.exception("clock job failed", job=job.name, service=app.name)

    return run
