"""Dramatiq brokers for Redis and RabbitMQ, without the parts that the messaging does not use."""

import threading
import time
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
WAKEUPS = "placecard:wakeups"
MARKER = "placecard:remembers"
IDLE_POLL_SECONDS = 1.0
ENQUEUE = """
redis.call("hset", KEYS[1] .. ".msgs", ARGV[1], ARGV[2])
if redis.call("rpush", KEYS[1], ARGV[1]) == 1 then redis.call("publish", ARGV[3], ARGV[4]) end
"""
"""Enqueues as Dramatiq does, and publishes a notification if the queue was empty. The notification follows the push,
and a consumer clears its event before it fetches, so no message goes unnoticed between the two."""


@cache
def broker_for(url: str, *, timeout: float = WEB_TIMEOUT_SECONDS) -> dramatiq.Broker:
    """The process's broker at `url` (redis, rediss, amqp, amqps), whose calls time out after `timeout` seconds."""
    if urlsplit(url).scheme.startswith("redis"):
        client = redis.Redis.from_url(
            url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
        )
        return NotifyingRedisBroker(client=client, middleware=[], heartbeat_timeout=30_000)
    from dramatiq.brokers.rabbitmq import RabbitmqBroker

    separator = "&" if "?" in url else "?"
    timeouts = f"socket_timeout={timeout}&stack_timeout={timeout * 2}&blocked_connection_timeout={timeout * 2}"
    return RabbitmqBroker(url=f"{url}{separator}{timeouts}&connection_attempts=1", middleware=[], confirm_delivery=True)


def answers(broker: dramatiq.Broker) -> bool:
    """True if the broker answers."""
    try:
        if isinstance(broker, RedisBroker):
            return bool(broker.client.ping())
        broker.connection.process_data_events()  # type: ignore[attr-defined]
        return True
    except Exception:
        return False


def has_forgotten(broker: dramatiq.Broker, service: str) -> bool:
    """True if Redis has lost its data since the last call for this service; a marker key is gone then.

    RabbitMQ keeps its durable queues, so the answer for it is always False, as it is for a broker that is down.
    """
    try:
        return isinstance(broker, RedisBroker) and bool(broker.client.set(f"{MARKER}:{service}", 1, nx=True))
    except redis.RedisError:
        return False


def depth(broker: dramatiq.Broker, queue_name: str) -> int | None:
    """The number of messages that wait in a queue; None if the broker does not answer."""
    try:
        if isinstance(broker, RedisBroker):
            return int(broker.client.llen(f"{broker.namespace}:{queue_name}"))
        ready, _, _ = broker.get_queue_message_counts(queue_name)  # type: ignore[attr-defined]
        return int(ready)
    except Exception:
        return None


class NotifyingRedisBroker(RedisBroker):
    """A Redis broker that wakes idle consumers, so that they need not poll often.

    Dramatiq's own consumer sleeps between polls, so each hop of an idle system would wait for half of its timeout.
    Here the first message of an empty queue also notifies the idle consumers (Redis pub/sub), and a consumer that
    wakes fetches all messages there are. A lost notification costs one poll. Delay queues are not consumed, because
    delays belong to the outbox.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._enqueue = self.client.register_script(ENQUEUE)
        self.wakeups: dict[str, threading.Event] = defaultdict(threading.Event)
        self._listener: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def consumer_class(self) -> type["NotifiedConsumer"]:
        return NotifiedConsumer

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: Any, *, delay: int | None = None) -> Any:
        """Put a message into its queue. `delay` is ignored: delays belong to the outbox."""
        queue, own_id = message.queue_name, str(uuid4())
        data = message.copy(options={"redis_message_id": own_id}).encode()
        self._enqueue([f"{self.namespace}:{queue}"], [own_id, data, WAKEUPS, queue])
        return message

    def listen(self) -> None:
        """Start the thread that receives notifications, unless it runs already."""
        with self._starting:
            if self._listener is None:
                self._listener = threading.Thread(target=self._listen, name="wakeups", daemon=True)
                self._listener.start()

    def _listen(self) -> None:
        while True:
            try:
                with self.client.pubsub(ignore_subscribe_messages=True) as subscription:
                    subscription.subscribe(WAKEUPS)
                    while True:
                        notification = subscription.get_message(timeout=60)
                        if notification:
                            self.wakeups[notification["data"].decode()].set()
            except redis.RedisError:
                time.sleep(IDLE_POLL_SECONDS)


class NotifiedConsumer(_RedisConsumer):
    """Waits for a notification when its queue seems empty, and fetches several messages at a time when it does not."""

    def __init__(self, broker: NotifyingRedisBroker, queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, 0)
        self.wakeup = broker.wakeups[queue_name]
        self._more_wait = True
        broker.listen()

    def ack(self, message: Any) -> None:
        super().ack(message)
        if self._more_wait and self._has_room():
            self.wakeup.set()

    def __next__(self) -> Any:
        """The next message; None if there is none, or if the fetched ones must be done first.

        Fetches at once if more messages wait and there is room for them. If not, it waits for a wake-up, which is the
        first message of an empty queue or an `ack` that makes room, and fetches without one after IDLE_POLL_SECONDS.
        """
        if self.message_cache:
            return super().__next__()
        if self._more_wait and self._has_room():
            return self._fetch()
        woken = self.wakeup.wait(IDLE_POLL_SECONDS)
        self.wakeup.clear()
        if woken and not self._has_room():
            self._more_wait = True  # so that the `ack` that makes room wakes this consumer again
            return None
        return self._fetch()

    def _fetch(self) -> Any:
        """Fetch as many messages as there is room for. If all the room is filled, there may be more."""
        room = self.prefetch - self.outstanding_message_count
        message = super().__next__()
        self._more_wait = len(self.message_cache) + (message is not None) >= room
        return message

    def _has_room(self) -> bool:
        """True if at least half of the prefetched messages are done, so that fetching more is worth a call."""
        return bool(self.outstanding_message_count <= self.prefetch // 2)
