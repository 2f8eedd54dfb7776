"""Sending to a broker: fresh before bulk, receipts always fresh, and nothing raised where the broker fails."""

import time
from collections.abc import Iterator

import dramatiq
import pytest
from dramatiq.brokers.stub import StubBroker
from flask import Flask

from shared.contracts.receipts import Settled
from shared.database.db import connect, database
from shared.messaging import broker as brokers
from shared.messaging.envelope import Envelope
from shared.messaging.sender import PAUSE_AFTER_FAILURE_SECONDS, Sender

QUEUES = ("there", "there.bulk")


class Broker(StubBroker):
    """A broker in memory that can be made to fail."""

    fails = False
    tried = 0

    def enqueue(self, message: "dramatiq.Message[object]", *, delay: int | None = None) -> "dramatiq.Message[object]":
        self.tried += 1
        if self.fails:
            raise ConnectionError("user:hunter2@broker refused")
        return super().enqueue(message, delay=delay)

    def received(self) -> list[tuple[str, str]]:
        """Queue and envelope's id of every message that was enqueued."""
        waiting = [
            (name, self.queues[name].get(timeout=1)) for name in QUEUES for _ in range(self.queues[name].qsize())
        ]
        return [(name, dramatiq.Message.decode(raw).args[0]["id"]) for name, raw in waiting]


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()
    for name in QUEUES:
        broker.declare_queue(name)
    monkeypatch.setattr(brokers, "broker_for", lambda _: broker)
    return broker


@pytest.fixture
def sender(broker: Broker) -> Iterator[Sender]:
    db, app = database(), Flask("here")
    connect(app, db, "sqlite://", durable=False)
    with app.app_context():
        yield Sender("here", db, outbox_table=None, inbox_table=None)
        db.session.remove()
        db.engine.dispose()


def an_envelope(id: str = "1", type: str = "notice-due", *, bulk: bool = False) -> Envelope:
    return Envelope(id, type, 1, "k", 1, "here", bulk, {})


def test_fresh_and_bulk_messages_have_queues_of_their_own(sender: Sender, broker: Broker) -> None:
    sender.send("there", an_envelope("fresh"))
    sender.send("there", an_envelope("bulk", bulk=True))
    assert broker.received() == [("there", "fresh"), ("there.bulk", "bulk")]


def test_a_receipt_for_a_bulk_message_does_not_wait_behind_bulk(sender: Sender, broker: Broker) -> None:
    sender.send("there", an_envelope(type=Settled.wire_name, bulk=True))
    assert broker.received() == [("there", "1")]


def test_a_message_is_sent_after_the_commit_and_not_before(sender: Sender, broker: Broker) -> None:
    sender.send_after_commit("there", an_envelope())
    assert broker.tried == 0
    sender.session.commit()
    assert broker.received() == [("there", "1")]


def test_a_message_of_a_transaction_that_was_rolled_back_is_never_sent(sender: Sender, broker: Broker) -> None:
    sender.send_after_commit("there", an_envelope())
    sender.session.rollback()
    sender.session.commit()
    assert broker.tried == 0


def test_a_broker_that_fails_raises_nothing_and_is_left_alone_for_some_seconds(sender: Sender, broker: Broker) -> None:
    broker.fails = True
    sender.send("there", an_envelope("1"))
    assert not sender.broker_is_well()
    sender.send("there", an_envelope("2"))
    assert broker.tried == 1


def test_a_broker_that_failed_is_tried_again_later(
    sender: Sender, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.fails = True
    sender.send("there", an_envelope("1"))
    broker.fails = False
    later = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert sender.broker_is_well()
    sender.send("there", an_envelope("2"))
    assert broker.received() == [("there", "2")]
