"""Many threads and processes share few connections and one rate limit."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
import time_machine
from sqlalchemy import Engine, create_engine, insert

from services.notifications.models import ConnectionSlot, db
from services.notifications.relay import slots as slots_module
from services.notifications.relay import smtp
from services.notifications.relay.pool import SmtpTransport
from services.notifications.relay.slots import HELD_FOR, ConnectionSlots, RateLimit
from services.notifications.relay.smtp import Relay
from shared.database.utc import now
from shared.messaging.inbox import TryAgain
from tests.support.receiving_relay import ReceivingRelay

MAIL = b"Subject: Hello\r\n\r\nHello\r\n.hidden dot\r\n"


class Worker:
    """A worker process with its own pool; it shares its limits with others through the database."""

    def __init__(
        self, engine: Engine, relay: ReceivingRelay, *, slots: int = 4, rate: int = 0, timeout: int = 5
    ) -> None:
        where = Relay("smtp", "127.0.0.1", relay.port)
        self.transport = SmtpTransport(
            where,
            domain="example.org",
            slots=ConnectionSlots(engine, where.name, slots),
            rate_limit=RateLimit(engine, where.name, rate),
            timeout=timeout,
        )
        self.send = partial(self.transport.send, "events@example.org", "ada@example.org", MAIL)

    def send_many(self, times: int) -> None:
        for _ in range(times):
            self.send()


@pytest.fixture
def relay() -> Iterator[ReceivingRelay]:
    with ReceivingRelay() as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/shared.sqlite", connect_args={"timeout": 15})
    db.metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_many_threads_share_few_connections(engine: Engine, relay: ReceivingRelay) -> None:
    worker = Worker(engine, relay, slots=3)
    with ThreadPoolExecutor(16) as threads:
        for done in [threads.submit(worker.send_many, 10) for _ in range(16)]:
            done.result()
    assert len(relay.mails) == 160
    assert len(relay.callers) <= 3


def test_a_connection_is_replaced_after_a_hundred_mails(engine: Engine, relay: ReceivingRelay) -> None:
    Worker(engine, relay).send_many(101)
    assert len(relay.callers) == 2


def test_a_connection_that_was_idle_too_long_is_not_reused(
    engine: Engine, relay: ReceivingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(engine, relay)
    worker.send()
    later = monotonic() + 31
    monkeypatch.setattr(smtp, "monotonic", lambda: later)
    worker.send()
    assert len(relay.callers) == 2


def test_nothing_is_opened_before_the_first_mail(engine: Engine) -> None:
    threads = threading.active_count()
    Worker(engine, ReceivingRelay())
    assert threading.active_count() == threads


def test_a_line_of_text_that_begins_with_a_dot_arrives_whole(engine: Engine, relay: ReceivingRelay) -> None:
    Worker(engine, relay).send()
    assert relay.mails[0].get_content() == "Hello\r\n.hidden dot\r\n"


def test_a_mail_whose_lease_would_run_out_is_not_started(engine: Engine, relay: ReceivingRelay) -> None:
    with pytest.raises(TryAgain, match="too slow"):
        Worker(engine, relay, timeout=60).send()
    assert relay.mails == []


def test_two_workers_hold_no_more_connections_than_one_may(engine: Engine, relay: ReceivingRelay) -> None:
    first, second = Worker(engine, relay, slots=1), Worker(engine, relay, slots=1, timeout=1)
    first.send()
    with pytest.raises(TryAgain, match="busy"):
        second.send()
    assert len(relay.mails) == 1


def test_a_worker_without_a_free_slot_waits_for_its_own_connection(engine: Engine, relay: ReceivingRelay) -> None:
    other, worker = Worker(engine, relay, slots=2), Worker(engine, relay, slots=2)
    other.send()
    worker.send()
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(worker.send_many, 10) for _ in range(4)]:
            done.result()
    assert (len(relay.mails), len(relay.callers)) == (42, 2)


def test_an_idle_connection_gives_its_slot_to_another_worker(
    engine: Engine, relay: ReceivingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "LONGEST_IDLE_SECONDS", 0.1)
    monkeypatch.setattr("services.notifications.relay.pool.LONGEST_IDLE_SECONDS", 0.1)
    Worker(engine, relay, slots=1).send()
    Worker(engine, relay, slots=1).send()
    assert len(relay.callers) == 2


def test_a_slot_is_renewed_while_mails_go_over_its_connection(engine: Engine, relay: ReceivingRelay) -> None:
    worker, slots = Worker(engine, relay, slots=1), ConnectionSlots(engine, f"127.0.0.1:{relay.port}", 1)
    with time_machine.travel(now()) as clock:
        worker.send()
        worker.transport._idle[0].renewed_at -= 60
        clock.shift(HELD_FOR - timedelta(seconds=1))
        worker.send()
        clock.shift(timedelta(seconds=2))
        assert slots.take() is None


def hold_the_only_slot(engine: Engine, holder: str) -> None:
    held = {"relay": "relay", "number": 0, "holder": holder, "until": now() + HELD_FOR}
    with engine.begin() as connection:
        connection.execute(insert(ConnectionSlot).values(held))


def test_a_slot_of_a_lost_machine_becomes_free_after_a_while(engine: Engine) -> None:
    slots = ConnectionSlots(engine, "relay", 1)
    hold_the_only_slot(engine, "gone 1")
    assert slots.take() is None
    with time_machine.travel(now() + HELD_FOR + timedelta(seconds=1)):
        assert slots.take() == 0


def test_a_slot_of_a_process_that_died_here_is_free_at_once(engine: Engine) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    hold_the_only_slot(engine, f"{socket.gethostname()} {ended.pid}")
    assert ConnectionSlots(engine, "relay", 1).take() == 0


class Sleeps:
    """Records sleeps instead of sleeping; `at` is the time of the database, in seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at, self.slept = 1000.0, [0.0]
        monkeypatch.setattr(slots_module, "_seconds", lambda _: self.at)
        monkeypatch.setattr(slots_module, "sleep", self.slept.append)


def test_workers_take_turns_under_one_rate_limit(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps = Sleeps(monkeypatch)
    workers = [RateLimit(engine, "relay", 4), RateLimit(engine, "relay", 4)]
    for turn in range(5):
        workers[turn % 2].wait()
    assert sleeps.slept[1:] == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_unused_turns_are_not_saved_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps, limit = Sleeps(monkeypatch), RateLimit(engine, "relay", 4)
    limit.wait()
    sleeps.at += 100
    for _ in range(3):
        limit.wait()
    assert sleeps.slept[-3:] == [0.0, 0.25, 0.5]


def test_without_a_rate_limit_nobody_waits(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps, limit = Sleeps(monkeypatch), RateLimit(engine, "relay", 0)
    for _ in range(100):
        limit.wait()
    assert sleeps.slept == [0.0]


def test_a_mail_whose_turn_is_far_away_is_tried_again_later(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps, limit = Sleeps(monkeypatch), RateLimit(engine, "relay", 1)
    for _ in range(10):
        limit.wait()
    with pytest.raises(TryAgain) as postponed:
        limit.wait()
    assert postponed.value.pause == timedelta(seconds=10)
    assert sleeps.slept[-1] == 9.0
