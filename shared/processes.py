"""The three kinds of process a service runs as: web, worker, clock; and their commands.

`flask --app services.registration web` and so on start one service; `services.embedded` starts the
same functions for all three services at once.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click
import dramatiq
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app

from shared import heartbeat, inbox, migrations, outbox, standings
from shared.broker import broker_for
from shared.clock import now
from shared.queue import Queue
from shared.serving import run_web
from shared.stopping import stop_signal

WORKER_TIMEOUT_SECONDS = 5.0
HEARTBEAT_SECONDS = 10
SWEEP_SECONDS = 1
RECEIPTS_MAY_TAKE_SECONDS = 2.0
HOUSEKEEPING_SECONDS = 3600

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """Something a clock does every so many seconds, inside its service's application context."""

    name: str
    every_seconds: int
    do: Callable[[], Any]


class Sweeping:
    """A clock's sweeps of one outbox, and how many seconds the last one took."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.seconds = 0.0

    def sweep(self) -> None:
        """Sweep once."""
        began = time.monotonic()
        outbox.sweep(self.queue)
        self.seconds = time.monotonic() - began


def run_worker(apps: Sequence[Flask], *, broker_url: str, threads: int, shutdown_seconds: int) -> None:
    """Handle the messages of these services until SIGTERM or SIGINT.

    What is in flight is finished within `shutdown_seconds`; what is not is left for another worker,
    whose claim waits for the lease to end. A worker that has lost one of its threads ends with status 1.
    """
    broker = broker_for(broker_url, timeout=WORKER_TIMEOUT_SECONDS)
    gatherings = [app.extensions["queue"].serve(app, broker) for app in apps]
    worker = dramatiq.Worker(broker, worker_threads=threads)
    stopping = stop_signal()
    worker.start()
    log.info("worker started", services=[app.name for app in apps])
    while not stopping.wait(1):
        if not all(thread.is_alive() for thread in (*worker.workers, *worker.consumers.values())):
            log.critical("a thread of the worker has ended")
            os._exit(1)  # whoever watches over the process starts it again, whole
    threading.Thread(target=worker.stop, args=(shutdown_seconds * 1000,), daemon=True).start()
    for thread in worker.workers:
        thread.join(shutdown_seconds)
    for gathering in gatherings:
        gathering.finish(RECEIPTS_MAY_TAKE_SECONDS)
    # A consumer may be waiting for a broker that never comes back; nothing it holds can be lost.
    for consumer in worker.consumers.values():
        consumer.join(2)
    os._exit(0)


def run_clock(apps: Sequence[Flask]) -> None:
    """Do these services' periodic work until SIGTERM or SIGINT. Several clocks may run."""
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
    stopping.wait()
    scheduler.shutdown(wait=True)


def add_commands(app: Flask) -> None:
    """Give the application its `flask` commands: web, worker, clock, upgrade, outbox."""
    config = app.config

    @app.cli.command("web")
    def web() -> None:
        """Serve the pages and the API of this service."""
        run_web(
            app,
            port=config["PORT"],
            host=config["HOST"],
            workers=config["WEB_WORKERS"],
            threads=config["WEB_THREADS"],
            shutdown_seconds=config["SHUTDOWN_SECONDS"],
        )

    @app.cli.command("worker")
    def worker() -> None:
        """Handle this service's messages."""
        run_worker(
            [app],
            broker_url=config["BROKER_URL"],
            threads=config["WORKER_THREADS"],
            shutdown_seconds=config["SHUTDOWN_SECONDS"],
        )

    @app.cli.command("clock")
    def clock() -> None:
        """Do this service's periodic work."""
        run_clock([app])

    @app.cli.command("upgrade")
    def upgrade() -> None:
        """Bring this service's database up to date."""
        migrations.upgrade(app)

    app.cli.add_command(_outbox_commands())


def _outbox_commands() -> click.Group:
    group = click.Group("outbox", help="What this service owes others.")

    @group.command("list")
    @click.option("--all", "everything", is_flag=True, help="Settled rows too.")
    def list_(everything: bool) -> None:
        """List what is owed or failed, oldest first."""
        for row in standings.listed(_queue(), everything=everything):
            click.echo(f"{row.id}  {row.type:<16} {row.key:<45} {row.outcome or 'owed':<10} {row.detail or ''}")

    @group.command()
    @click.argument("message_id", type=click.UUID)
    def show(message_id: Any) -> None:
        """Show one row."""
        row = _queue().session.get(_queue().Outbox, message_id)
        if row is None:
            raise click.ClickException("There is no such message.")
        for column in row.__table__.columns:
            click.echo(f"{column.name:<18} {getattr(row, column.name)}")

    @group.command()
    @click.argument("message_id", type=click.UUID, required=False)
    @click.option("--all", "everything", is_flag=True, help="All that failed.")
    def replay(message_id: Any, everything: bool) -> None:
        """Owe a failed message, or all of them, once more."""
        chosen = [row.id for row in standings.failed(_queue())] if everything else [message_id]
        for one in chosen:
            again = outbox.replay(_queue(), one) if one else None
            _queue().session.commit()
            click.echo(f"{one} is owed again as {again}" if again else f"{one}: nothing to replay")

    return group


def _queue() -> Queue:
    queue: Queue = current_app.extensions["queue"]
    return queue


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
    def run() -> None:
        with app.app_context():
            try:
                job.do()
            except Exception:
                log.exception("clock job failed", job=job.name, service=app.name)

    return run
