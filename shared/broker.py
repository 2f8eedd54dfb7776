"""Dramatiq brokers for Redis and RabbitMQ, cut down to what the road needs."""

import threading
from collections import defaultdict
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from redis.backoff import NoBackoff
from redis.retry import Retry

WEB_TIMEOUT_SECONDS = 0.5
DOORBELL = "placecard:doorbell"
IDLE_POLL_SECONDS = 1.0


@cache
def broker_for(url: str, *, timeout: float = WEB_TIMEOUT_SECONDS) -> dramatiq.Broker:
    """The process's broker at `url` (redis, rediss, amqp, amqps); its calls give up after `timeout` seconds."""
    if urlsplit(url).scheme.startswith("redis"):
        client = redis.Redis.from_url(
            url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
        )
        return RingingRedisBroker(client=client, middleware=[], heartbeat_timeout=30_000)
    from dramatiq.brokers.rabbitmq import RabbitmqBroker

    separator = "&" if "?" in url else "?"
    patient = f"socket_timeout={timeout}&stack_timeout={timeout * 2}&blocked_connection_timeout={timeout * 2}"
    return RabbitmqBroker(url=f"{url}{separator}{patient}&connection_attempts=1", middleware=[], confirm_delivery=True)


def answers(broker: dramatiq.Broker) -> bool:
    """Whether the broker can be reached."""
    try:
        if isinstance(broker, RedisBroker):
            return bool(broker.client.ping())
        broker.connection.process_data_events()  # type: ignore[attr-defined]
        return True
    except Exception:
        return False


def depth(broker: dramatiq.Broker, queue_name: str) -> int | None:
    """How many messages wait in a queue; None where the broker cannot say."""
    try:
        if isinstance(broker, RedisBroker):
            return int(broker.client.llen(f"{broker.namespace}:{queue_name}"))
        ready, _, _ = broker.get_queue_message_counts(queue_name)  # type: ignore[attr-defined]
        return int(ready)
    except Exception:
        return None


class RingingRedisBroker(RedisBroker):
    """A Redis broker whose idle consumers are woken instead of polling often.

    Dramatiq's own consumer sleeps up to its timeout between polls, so each hop of a quiet system
    would wait half of it. Here every enqueue also rings a bell (Redis pub/sub) that idle consumers
    listen to; a ring that is lost costs one idle poll. Delay queues, which the road never uses, are
    not consumed.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.bells: dict[str, threading.Event] = defaultdict(threading.Event)
        self._listener: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def consumer_class(self) -> type["RingingConsumer"]:
        return RingingConsumer

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: Any, *, delay: int | None = None) -> Any:
        sent = super().enqueue(message, delay=delay)
        with suppress(redis.RedisError):  # it is in the queue: the consumers' idle poll finds it
            self.client.publish(DOORBELL, message.queue_name)
        return sent

    def listen(self) -> None:
        """Start the thread that hears the bell; harmless to repeat."""
        with self._starting:
            if self._listener is None:
                self._listener = threading.Thread(target=self._hear, name="doorbell", daemon=True)
                self._listener.start()

    def _hear(self) -> None:
        while True:
            try:
                with self.client.pubsub(ignore_subscribe_messages=True) as ears:
                    ears.subscribe(DOORBELL)
                    while True:
                        ring = ears.get_message(timeout=60)
                        if ring:
                            self.bells[ring["data"].decode()].set()
            except redis.RedisError:
                threading.Event().wait(IDLE_POLL_SECONDS)


class RingingConsumer(_RedisConsumer):
    """Waits for the bell between polls."""

    def __init__(self, broker: RingingRedisBroker, queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, 0)
        self.bell = broker.bells[queue_name]
        broker.listen()

    def ack(self, message: Any) -> None:
        super().ack(message)
        self.bell.set()  # there is room for one more

    def __next__(self) -> Any:
        message = super().__next__()
        if message is None and not self.message_cache:
            self.bell.wait(IDLE_POLL_SECONDS)
            self.bell.clear()
        return message
