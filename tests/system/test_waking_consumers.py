"""The broker on a real Redis: notifications to idle consumers, calls while busy, and lost data."""

import threading
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import dramatiq
import pytest
from redis import Redis as Client

from shared.messaging.broker import WAKEUPS, NotifyingRedisBroker, has_forgotten
from tests.support.servers import Redis

THREADS = 4
MANY = 200


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A Redis of its own."""
    server = Redis(tmp_path / "redis")
    server.start()
    yield Client.from_url(server.url)
    server.kill()


def enqueue(broker: dramatiq.Broker, count: int) -> None:
    for number in range(count):
        broker.enqueue(dramatiq.Message(queue_name="here", actor_name="here", args=(number,), kwargs={}, options={}))


def test_only_the_first_message_of_an_empty_queue_notifies(client: Client) -> None:
    broker = NotifyingRedisBroker(client=client, middleware=[])
    with client.pubsub(ignore_subscribe_messages=True) as ears:
        ears.subscribe(WAKEUPS)
        enqueue(broker, 3)
        client.publish(WAKEUPS, "end")
        heard = list(takewhile(lambda one: one["data"] != b"end", ears.listen()))
    assert [one["data"] for one in heard] == [b"here"]


def test_a_worker_takes_what_waits_several_at_a_time(client: Client) -> None:
    """Each message is put there by one call of a script and acknowledged by another; the others ask for more."""
    broker = NotifyingRedisBroker(client=client, middleware=[])
    seen: list[int] = []
    all_seen = threading.Event()

    def handle(number: int) -> None:
        seen.append(number)
        if len(seen) == MANY:
            all_seen.set()

    enqueue(broker, MANY)
    dramatiq.actor(broker=broker, actor_name="here", queue_name="here")(handle)
    worker = dramatiq.Worker(broker, worker_threads=THREADS)
    worker.start()
    assert all_seen.wait(60)
    worker.stop()
    assert sorted(seen) == list(range(MANY))
    asked = client.info("commandstats")["cmdstat_evalsha"]["calls"] - 2 * MANY
    assert asked < MANY / 2


def test_a_redis_that_has_lost_its_data_is_noticed_once_for_each_service(client: Client) -> None:
    broker = NotifyingRedisBroker(client=client, middleware=[])

    def who_notices() -> list[str]:
        return [service for service in ("registration", "calendar") if has_forgotten(broker, service)]

    assert who_notices() == ["registration", "calendar"]  # a new Redis knows nothing
    assert who_notices() == []
    enqueue(broker, 3)
    assert who_notices() == []
    client.flushall()
    assert who_notices() == ["registration", "calendar"]
    assert who_notices() == []


def test_a_redis_that_does_not_answer_has_lost_nothing_yet() -> None:
    broker = NotifyingRedisBroker(client=Client(host="127.0.0.1", port=1), middleware=[])
    assert not has_forgotten(broker, "registration")
