"""Logs and metrics. Ids only: no name and no address ever goes into either."""

import logging
import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.clock import now

if TYPE_CHECKING:
    from shared.queue import Queue


RECENT = timedelta(minutes=5)


def configure_logs(level: str, form: str) -> None:
    """Log to standard error: `form` is "console" for people or "json" for machines."""
    rendering: Any = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    common: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*common, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                rendering,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("pika", "alembic"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a sweep that is not over when the next is due is no news
    logging.getLogger("dramatiq").setLevel(logging.CRITICAL)  # below that it writes messages out whole, addresses too


class RoadMetrics:
    """A Prometheus collector that reads a service's outbox and inbox, whichever process is asked."""

    def __init__(self, queue: "Queue", heartbeat_table: Any) -> None:
        self.queue, self.heartbeat = queue, heartbeat_table

    def collect(self) -> Iterable[Metric]:
        yield from self._outbox()
        yield from self._inbox()
        yield from self._clock()
        waiting = GaugeMetricFamily("placecard_queue_depth", "Messages waiting at the broker", labels=["queue"])
        for name, depth in self.queue.depths().items():
            waiting.add_metric([name], depth)
        yield waiting

    def _outbox(self) -> Iterable[Metric]:
        row, session = self.queue.Outbox, self.queue.session
        depth, oldest = session.execute(
            select(func.count(), func.min(row.created_at)).where(row.settled_at.is_(None))
        ).one()
        age = (now() - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("placecard_outbox_depth", "Messages owed and not settled", value=depth)
        yield GaugeMetricFamily("placecard_outbox_age_seconds", "Age of the oldest message owed", value=age)
        ended = GaugeMetricFamily("placecard_outbox_settled", "Messages settled, kept 30 days", labels=["outcome"])
        for outcome, count in session.execute(
            select(row.outcome, func.count()).where(row.outcome.is_not(None)).group_by(row.outcome)
        ):
            ended.add_metric([outcome], count)
        yield ended

    def _inbox(self) -> Iterable[Metric]:
        row, session = self.queue.Inbox, self.queue.session
        received = GaugeMetricFamily("placecard_inbox", "Messages received, kept 90 days", labels=["status"])
        for status, count in session.execute(select(row.status, func.count()).group_by(row.status)):
            received.add_metric([status], count)
        yield received
        yield from _timings(session, row)
        repeated = session.scalar(select(func.count()).where(row.crashes > 0))
        yield GaugeMetricFamily("placecard_possibly_repeated", "Messages a dying worker left unsure", value=repeated)

    def _clock(self) -> Iterable[Metric]:
        clock = self.queue.session.get(self.heartbeat, "clock")
        if clock is None:
            return
        age = (now() - clock.seen_at).total_seconds()
        yield GaugeMetricFamily("placecard_clock_age_seconds", "Since the clock was last seen", value=age)
        if clock.sweep_seconds is not None:
            took = clock.sweep_seconds
            yield GaugeMetricFamily("placecard_sweep_seconds", "How long the last sweep of the outbox took", value=took)


def _timings(session: Session, row: Any) -> Iterable[Metric]:
    """How long what has just been handled took at the relay, where the service keeps that."""
    if not hasattr(row, "seconds_taken"):
        return
    recent = select(func.count(), func.avg(row.seconds_taken), func.max(row.seconds_taken))
    count, mean, most = session.execute(recent.where(row.settled_at > now() - RECENT)).one()
    yield GaugeMetricFamily("placecard_mails_recent", "Mails settled in the last five minutes", value=count)
    took = GaugeMetricFamily("placecard_smtp_seconds", "Seconds a mail took in the last five minutes", labels=["of"])
    took.add_metric(["mean"], mean or 0.0)
    took.add_metric(["slowest"], most or 0.0)
    yield took


def registry_for(queue: "Queue", heartbeat_table: Any) -> CollectorRegistry:
    """The metrics of one service."""
    registry = CollectorRegistry()
    registry.register(RoadMetrics(queue, heartbeat_table))
    return registry
