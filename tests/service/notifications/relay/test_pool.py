"""Many threads and processes, few connections."""

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

from services.notifications.models import Line, db
from services.notifications.relay import slots, smtp
from services.notifications.relay.pool import SmtpTransport
from services.notifications.relay.slots import HELD_FOR, Lines, SharedPace
from services.notifications.relay.smtp import Relay
from shared.database.utc import now
from shared.messaging.inbox import TryAgain
from tests.support.receiving_relay import ReceivingRelay

MAIL = b"Subject: Hello\r\n\r\nHello\r\n.hidden dot\r\n"


class Worker:
    """A worker process's end of the relay; what it shares with others is in the database."""

    def __init__(
        self, engine: Engine, relay: ReceivingRelay, *, lines: int = 4, rate: int = 0, timeout: int = 5
    ) -> None:
        where = Relay("smtp", "127.0.0.1", relay.port)
        self.transport = SmtpTransport(
            where,
            domain="example.org",
            lines=Lines(engine, where.name, lines),
            pace=SharedPace(engine, where.name, rate),
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
    worker = Worker(engine, relay, lines=3)
    with ThreadPoolExecutor(16) as threads:
        for done in [threads.submit(worker.send_many, 10) for _ in range(16)]:
            done.result()
    assert len(relay.mails) == 160
    assert len(relay.callers) <= 3


def test_a_connection_is_replaced_after_a_hundred_mails(engine: Engine, relay: ReceivingRelay) -> None:
    Worker(engine, relay).send_many(101)
    assert len(relay.callers) == 2


def test_a_connection_that_has_rested_too_long_is_not_used_again(
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


def test_a_line_that_begins_with_a_dot_arrives_whole(engine: Engine, relay: ReceivingRelay) -> None:
    Worker(engine, relay).send()
    assert relay.mails[0].get_content() == "Hello\r\n.hidden dot\r\n"


def test_a_mail_whose_lease_would_run_out_is_not_begun(engine: Engine, relay: ReceivingRelay) -> None:
    with pytest.raises(TryAgain, match="too slow"):
        Worker(engine, relay, timeout=60).send()
    assert relay.mails == []


def test_two_workers_hold_no_more_connections_than_one_may(engine: Engine, relay: ReceivingRelay) -> None:
    first, second = Worker(engine, relay, lines=1), Worker(engine, relay, lines=1, timeout=1)
    first.send()
    with pytest.raises(TryAgain, match="busy"):
        second.send()
    assert len(relay.mails) == 1


def test_a_worker_that_cannot_have_another_connection_waits_for_its_own(engine: Engine, relay: ReceivingRelay) -> None:
    other, worker = Worker(engine, relay, lines=2), Worker(engine, relay, lines=2)
    other.send()
    worker.send()
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(worker.send_many, 10) for _ in range(4)]:
            done.result()
    assert (len(relay.mails), len(relay.callers)) == (42, 2)


def test_an_idle_connection_is_let_go_of_for_another_worker(
    engine: Engine, relay: ReceivingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "LONGEST_IDLE_SECONDS", 0.1)
    monkeypatch.setattr("services.notifications.relay.pool.LONGEST_IDLE_SECONDS", 0.1)
    Worker(engine, relay, lines=1).send()
    Worker(engine, relay, lines=1).send()
    assert len(relay.callers) == 2


def test_a_line_is_renewed_while_mails_go_over_it(engine: Engine, relay: ReceivingRelay) -> None:
    worker, lines = Worker(engine, relay, lines=1), Lines(engine, f"127.0.0.1:{relay.port}", 1)
    with time_machine.travel(now()) as clock:
        worker.send()
        call = worker.transport._idle[0]
        call.held_at -= 60
        clock.shift(HELD_FOR - timedelta(seconds=1))
        worker.send()
        clock.shift(timedelta(seconds=2))
        assert lines.take() is None


def test_a_line_of_a_machine_that_is_gone_is_free_after_a_while(engine: Engine) -> None:
    lines = Lines(engine, "relay", 1)
    with engine.begin() as connection:
        connection.execute(insert(Line).values(relay="relay", number=0, holder="gone 1", until=now() + HELD_FOR))
    assert lines.take() is None
    with time_machine.travel(now() + HELD_FOR + timedelta(seconds=1)):
        assert lines.take() == 0


def test_the_lines_of_a_process_that_died_here_are_free_at_once(engine: Engine) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    holder = f"{socket.gethostname()} {ended.pid}"
    with engine.begin() as connection:
        connection.execute(insert(Line).values(relay="relay", number=0, holder=holder, until=now() + HELD_FOR))
    assert Lines(engine, "relay", 1).take() == 0


class Sleeps:
    """Sleeping that takes no time, and the time of the database moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at, self.slept = 1000.0, [0.0]
        monkeypatch.setattr(slots, "_seconds", lambda _: self.at)
        monkeypatch.setattr("services.notifications.relay.slots.sleep", self.slept.append)


def test_workers_take_turns_at_one_pace(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps = Sleeps(monkeypatch)
    workers = [SharedPace(engine, "relay", 4), SharedPace(engine, "relay", 4)]
    for turn in range(5):
        workers[turn % 2].wait()
    assert sleeps.slept[1:] == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_a_pace_saves_nothing_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps, pace = Sleeps(monkeypatch), SharedPace(engine, "relay", 4)
    pace.wait()
    sleeps.at += 100
    for _ in range(3):
        pace.wait()
    assert sleeps.slept[-3:] == [0.0, 0.25, 0.5]


def test_no_pace_holds_nobody_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps, pace = Sleeps(monkeypatch), SharedPace(engine, "relay", 0)
    for _ in range(100):
        pace.wait()
    assert sleeps.slept == [0.0]


def test_a_long_queue_is_sent_away_rather_than_kept_standing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps, pace = Sleeps(monkeypatch), SharedPace(engine, "relay", 1)
    for _ in range(10):
        pace.wait()
    with pytest.raises(TryAgain) as sent_away:
        pace.wait()
    assert sent_away.value.pause == timedelta(seconds=10)
    assert sleeps.slept[-1] == 9.0
