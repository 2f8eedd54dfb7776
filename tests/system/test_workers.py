"""Workers as processes: told to stop, cut off from their broker, and killed by what they handle."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from services.notifications import create_app
from services.notifications.models import Delivery, db, queue
from shared.messaging.envelope import Envelope
from tests.support.machine import ROOT, eventually
from tests.support.mail_examples import a_mail
from tests.support.migrated import migrate
from tests.support.notifications_world import owed
from tests.support.poisoned_worker import POISON
from tests.support.receiving_relay import ReceivingRelay
from tests.support.servers import Redis


class Notifications:
    """Notifications alone, with a Redis of its own."""

    def __init__(self, folder: Path, relay: ReceivingRelay) -> None:
        self.redis = Redis(folder / "redis")
        self.redis.start()
        self.environment = {
            "PATH": os.environ["PATH"],
            "SECRET_KEY": "a secret for tests only",
            "NOTIFICATIONS_DATABASE_URL": f"sqlite:///{folder}/notifications.sqlite",
            "BROKER_URL": self.redis.url,
            "MAIL_FROM": "events@example.org",
            "SMTP_URL": f"smtp://127.0.0.1:{relay.port}",
            "LOG_LEVEL": "info",
        }
        self.log = folder / "log"
        self.app: Flask = create_app(self.environment)
        migrate(self.app)
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *module: str) -> "subprocess.Popen[bytes]":
        """Start one of its processes."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *module], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def start_worker(self) -> "subprocess.Popen[bytes]":
        """Start a worker and wait until it works."""
        worker = self.start("flask", "--app", "services.notifications", "worker")
        eventually(lambda: "worker started" in self.log.read_text(), "no worker started")
        return worker

    def owe(self, name: str = "Ada Example", key: str = "registration 1") -> Envelope:
        """Let a mail come from the broker."""
        envelope = owed(a_mail(name=name), key=key)
        self.send(envelope)
        return envelope

    def send(self, envelope: Envelope) -> None:
        """Let it come from the broker, perhaps again."""
        with self.app.app_context():
            queue.send("notifications", envelope)

    def delivery(self, envelope: Envelope) -> Delivery | None:
        """What is kept of a mail."""
        with self.app.app_context():
            return db.session.get(Delivery, UUID(envelope.id))

    def stop(self) -> None:
        """End whatever still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.redis.kill()
        with self.app.app_context():
            db.engine.dispose()


@pytest.fixture
def relay() -> Iterator[ReceivingRelay]:
    with ReceivingRelay() as running:
        yield running


@pytest.fixture
def notifications(tmp_path: Path, relay: ReceivingRelay) -> Iterator[Notifications]:
    notifications = Notifications(tmp_path, relay)
    yield notifications
    notifications.stop()


def is_settled(notifications: Notifications, envelope: Envelope) -> bool:
    delivery = notifications.delivery(envelope)
    return delivery is not None and delivery.settled_at is not None


def test_a_worker_told_to_stop_finishes_the_mail_in_its_hands(
    notifications: Notifications, relay: ReceivingRelay
) -> None:
    worker = notifications.start_worker()

    def tell_it_to_stop_and_take_a_while() -> None:
        worker.terminate()
        time.sleep(1)

    relay.at_each_mail = tell_it_to_stop_and_take_a_while
    envelope = notifications.owe()
    assert worker.wait(20) == 0
    delivery = notifications.delivery(envelope)
    assert delivery is not None
    assert (delivery.status, delivery.lease_until, delivery.crashes, len(relay.mails)) == ("sent", None, 0, 1)


@pytest.mark.parametrize("broker_is_back", [True, False])
def test_an_idle_worker_whose_broker_was_restarted_or_is_gone_stops_when_told(
    notifications: Notifications, broker_is_back: bool
) -> None:
    worker = notifications.start_worker()
    notifications.redis.kill()
    if broker_is_back:
        notifications.redis.start()
        first = notifications.owe()
        eventually(lambda: is_settled(notifications, first), "it does not hear the broker any more")
    worker.terminate()
    assert worker.wait(10) == 0


def test_a_mail_that_kills_its_workers_is_given_up_and_holds_nobody_up(
    notifications: Notifications, relay: ReceivingRelay
) -> None:
    notifications.start("flask", "--app", "services.notifications", "clock")
    worker = notifications.start("tests.support.poisoned_worker")
    poison = notifications.owe(POISON, key="registration 1")
    others = [notifications.owe(key=f"registration {number}") for number in range(2, 6)]
    died = 0
    deadline = time.monotonic() + 60
    while not is_settled(notifications, poison):
        assert time.monotonic() < deadline
        if worker.poll() is not None:
            died += 1
            worker = notifications.start("tests.support.poisoned_worker")
        for other in others:
            notifications.send(other)  # as the clock of whoever owes it does
        time.sleep(1)
    given_up = notifications.delivery(poison)
    assert given_up is not None
    assert (given_up.status, given_up.crashes, died) == ("failed", 3, 3)
    eventually(lambda: all(is_settled(notifications, other) for other in others), "the others were held up")
    arrived = {str(mail["Message-ID"]) for mail in relay.mails}  # one that was in flight at a death may have come twice
    assert len(arrived) == len(others)
