"""`python -m tests.bench.jobs`: how many milliseconds each job of registration's clock takes when there is
nothing to do, as JSON; the median of five."""

import json
import os
import statistics
from collections.abc import Callable
from time import monotonic
from typing import Any

from services.registration import create_app
from services.registration.jobs import JOBS
from services.registration.models import queue
from shared.messaging import inbox, outbox


def main() -> None:
    """Print the figures."""
    app = create_app(os.environ)
    every_second: dict[str, Callable[[], Any]] = {
        "sweep": lambda: outbox.sweep(queue),
        "retry": lambda: inbox.retry_due(queue),
        **{job.name: job.do for job in JOBS if job.every_seconds == 1},
    }
    with app.app_context():
        print(json.dumps({name: _median(do) for name, do in every_second.items()}))


def _median(do: Callable[[], Any]) -> float:
    took = []
    for _ in range(6):
        began = monotonic()
        do()
        took.append(monotonic() - began)
    return statistics.median(took[1:]) * 1000


if __name__ == "__main__":
    main()
