"""Prometheus metrics of one service's messages. They hold counts and times only, no personal data."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.database.utc import now
from shared.messaging.sender import Sender

RECENT = timedelta(minutes=5)


class MessagingMetrics:
    """A Prometheus collector that reads a service's outbox and inbox, so that every process gives the same figures."""

    def __init__(self, sender: Sender, heartbeat_table: Any) -> None:
        self.sender, self.heartbeat = sender, heartbeat_table

    def collect(self) -> Iterable[Metric]:
        yield from self._outbox()
        yield from self._inbox()
        yield from self._clock()
        waiting = GaugeMetricFamily("placecard_queue_depth", "Messages waiting at the broker", labels=["queue"])
        for name, depth in self.sender.depths().items():
            waiting.add_metric([name], depth)
        yield waiting

    def _outbox(self) -> Iterable[Metric]:
        row, session = self.sender.Outbox, self.sender.session
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
        row, session = self.sender.Inbox, self.sender.session
        received = GaugeMetricFamily("placecard_inbox", "Messages received, kept 90 days", labels=["status"])
        for status, count in session.execute(select(row.status, func.count()).group_by(row.status)):
            received.add_metric([status], count)
        yield received
        yield from _timings(session, row)
        repeated = session.scalar(select(func.count()).where(row.crashes > 0))
        yield GaugeMetricFamily(
            "placecard_possibly_repeated", "Messages that may have been delivered twice", value=repeated
        )

    def _clock(self) -> Iterable[Metric]:
        clock = self.sender.session.get(self.heartbeat, "clock")
        if clock is None:
            return
        age = (now() - clock.seen_at).total_seconds()
        yield GaugeMetricFamily(
            "placecard_clock_age_seconds", "Seconds since the last heartbeat of the clock", value=age
        )
        if clock.sweep_seconds is not None:
            took = clock.sweep_seconds
            yield GaugeMetricFamily("placecard_sweep_seconds", "Duration of the last sweep of the outbox", value=took)


def _timings(session: Session, row: Any) -> Iterable[Metric]:
    """The seconds that the relay took over recent mails, if the service records them."""
    if not hasattr(row, "seconds_taken"):
        return
    recent = select(func.count(), func.avg(row.seconds_taken), func.max(row.seconds_taken))
    count, mean, most = session.execute(recent.where(row.settled_at > now() - RECENT)).one()
    yield GaugeMetricFamily("placecard_mails_recent", "Mails settled in the last five minutes", value=count)
    took = GaugeMetricFamily("placecard_smtp_seconds", "Seconds a mail took in the last five minutes", labels=["of"])
    took.add_metric(["mean"], mean or 0.0)
    took.add_metric(["slowest"], most or 0.0)
    yield took


def registry_for(sender: Sender, heartbeat_table: Any) -> CollectorRegistry:
    """A registry with the metrics of one service."""
    registry = CollectorRegistry()
    registry.register(MessagingMetrics(sender, heartbeat_table))
    return registry
