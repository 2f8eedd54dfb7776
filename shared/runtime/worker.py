"""The worker process: handles the messages of one service or several."""

import os
import threading
from collections.abc import Sequence

import dramatiq
import structlog
from flask import Flask

from shared.messaging.broker import broker_for
from shared.messaging.serving import Serving
from shared.runtime.child_processes import stop_signal

WORKER_TIMEOUT_SECONDS = 5.0
RECEIPTS_MAY_TAKE_SECONDS = 2.0

log = structlog.get_logger()


def run_worker(apps: Sequence[Flask], *, broker_url: str, threads: int, shutdown_seconds: int) -> None:
    """Handle the messages of these services until SIGTERM or SIGINT.

    Messages in hand are finished within `shutdown_seconds`; another worker takes over the others when their leases
    expire. A worker that has lost one of its threads ends with status 1, for its supervisor to restart.
    """
    broker = broker_for(broker_url, timeout=WORKER_TIMEOUT_SECONDS)
    servings = [Serving(app, app.extensions["queue"], broker) for app in apps]
    worker = dramatiq.Worker(broker, worker_threads=threads)
    stopping = stop_signal()
    worker.start()
    log.info("worker started", services=[app.name for app in apps])
    while not stopping.wait(1):
        if not all(thread.is_alive() for thread in (*worker.workers, *worker.consumers.values())):
            log.critical("a thread of the worker has ended")
            os._exit(1)
    threading.Thread(target=worker.stop, args=(shutdown_seconds * 1000,), daemon=True).start()
    for thread in worker.workers:
        thread.join(shutdown_seconds)
    for serving in servings:
        serving.finish(RECEIPTS_MAY_TAKE_SECONDS)
    # A consumer may be waiting for a broker that is down; the messages it holds are delivered again.
    for consumer in worker.consumers.values():
        consumer.join(2)
    os._exit(0)
