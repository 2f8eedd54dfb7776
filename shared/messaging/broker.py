"""Dramatiq brokers for Redis and RabbitMQ, cut down to what the road needs."""

import threading
from collections import defaultdict
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from redis.backoff import NoBackoff
from redis.retry import Retry

WEB_TIMEOUT_SECONDS = 0.5
DOORBELL = "placecard:doorbell"
IDLE_POLL_SECONDS = 1.0
ENQUEUE = """
redis.call("hset", KEYS[1] .. ".msgs", ARGV[1], ARGV[2])
if redis.call("rpush", KEYS[1], ARGV[1]) == 1 then redis.call("publish", ARGV[3], ARGV[4]) end
"""
"""Dramatiq's own way of enqueueing, and a ring where the queue was empty. It rings after the push, and a consumer
forgets its bell before it fetches, so no message can come unheard between the two."""


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
    would wait half of it. Here the first message of an empty queue also rings a bell (Redis pub/sub) that
    idle consumers listen to, and whoever comes fetches all there are; a ring that is lost costs one idle
    poll. Delay queues, which the road never uses, are not consumed.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._enqueue = self.client.register_script(ENQUEUE)
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
        """Put a message into its queue. `delay` is not for the road: delays belong to the outbox."""
        queue, own_id = message.queue_name, str(uuid4())
        data = message.copy(options={"redis_message_id": own_id}).encode()
        self._enqueue([f"{self.namespace}:{queue}"], [own_id, data, DOORBELL, queue])
        return message

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
    """Waits for the bell where nothing more is known to wait, and fetches several at a time where much does."""

    def __init__(self, broker: RingingRedisBroker, queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, 0)
        self.bell = broker.bells[queue_name]
        self._more_wait = True
        broker.listen()

    def ack(self, message: Any) -> None:
        super().ack(message)
        if self._more_wait and self._has_room():
            self.bell.set()

    def __next__(self) -> Any:
        if self.message_cache:
            return super().__next__()
        if not (self._more_wait and self._has_room()):
            rung = self.bell.wait(IDLE_POLL_SECONDS)
            self.bell.clear()
            if rung and not self._has_room():
                self._more_wait = True
                return None
        room = self.prefetch - self.outstanding_message_count
        message = super().__next__()
        self._more_wait = len(self.message_cache) + (message is not None) >= room
        return message

    def _has_room(self) -> bool:
        """Whether half of what this process may hold is done, so that it is worth asking for more."""
        return bool(self.outstanding_message_count <= self.prefetch // 2)
