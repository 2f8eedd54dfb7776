"""What is owed is written down first, and is asked for again until it is settled."""

from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import time_machine

from shared import outbox
from shared.clock import now
from shared.messages.receipts import Outcome, Settled

from .conftest import World


def something() -> Settled:
    return Settled(message_id="x", outcome="sent", at=now())


def owe(world: World, **options: Any) -> UUID:
    message_id = outbox.owe(world.queue, "there", something(), **{"key": "k", "ordinal": 1, **options})
    world.db.session.commit()
    return message_id


def row(world: World, message_id: UUID) -> Any:
    world.db.session.expire_all()
    return world.db.session.get(world.Outbox, message_id)


def test_a_message_leaves_right_after_the_commit(world: World) -> None:
    message_id = outbox.owe(world.queue, "there", something(), key="k", ordinal=7)
    assert world.sent == []
    world.db.session.commit()
    ((to, envelope),) = world.sent
    assert (to, envelope.id, envelope.key, envelope.ordinal, envelope.origin) == (
        "there",
        str(message_id),
        "k",
        7,
        "here",
    )


def test_a_change_that_is_taken_back_announces_nothing(world: World) -> None:
    outbox.owe(world.queue, "there", something(), key="k", ordinal=1)
    world.db.session.rollback()
    owe(world, key="another")
    assert [envelope.key for _, envelope in world.sent] == ["another"]
    assert outbox.listed(world.queue)[0].key == "another"


def test_while_the_broker_is_away_the_message_is_due_at_once(world: World) -> None:
    world.queue.broker_is_well = lambda: False  # type: ignore[method-assign]
    message_id = owe(world)
    assert world.sent == []
    assert outbox.sweep(world.queue) == 1
    assert [envelope.id for _, envelope in world.sent] == [str(message_id)]


def test_what_is_not_settled_is_sent_again_with_growing_patience(world: World) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        owe(world)
        assert outbox.sweep(world.queue) == 0
        waits = []
        for _ in range(8):
            waited = 0
            while not outbox.sweep(world.queue):
                clock.shift(timedelta(seconds=5))
                waited += 5
            waits.append(waited)
    assert waits[0] <= 35
    assert all(later > earlier / 1.6 for earlier, later in pairwise(waits))
    assert waits[6] > 4 * waits[0]
    assert max(waits) <= outbox.LONGEST_PATIENCE.total_seconds() * 1.2 + 5


def test_a_settled_message_is_not_sent_again_and_forgets_its_body(world: World) -> None:
    message_id = owe(world)
    assert outbox.settle(world.queue, message_id, Outcome.SENT, "250 ok", possibly_repeated=False)
    world.db.session.commit()
    settled = row(world, message_id)
    assert (settled.outcome, settled.detail, settled.body) == ("sent", "250 ok", None)
    with time_machine.travel(now() + timedelta(days=1)):
        assert outbox.sweep(world.queue) == 0


def test_a_second_receipt_changes_nothing(world: World) -> None:
    message_id = owe(world)
    assert outbox.settle(world.queue, message_id, Outcome.SENT, "", possibly_repeated=False)
    assert not outbox.settle(world.queue, message_id, Outcome.FAILED, "too late", possibly_repeated=False)
    world.db.session.commit()
    assert row(world, message_id).outcome == "sent"


def test_bulk_messages_leave_a_window_at_a_time(world: World) -> None:
    ids = [outbox.owe(world.queue, "there", something(), key=f"k{n}", ordinal=1, bulk=True) for n in range(1000)]
    world.db.session.commit()
    assert world.sent == []
    outbox.sweep(world.queue)
    outbox.sweep(world.queue)
    assert len(world.sent) == outbox.BULK_IN_FLIGHT
    for message_id in ids[:100]:
        outbox.settle(world.queue, message_id, Outcome.SENT, "", possibly_repeated=False)
    world.db.session.commit()
    outbox.sweep(world.queue)
    assert len(world.sent) == outbox.BULK_IN_FLIGHT + 100
    assert len({envelope.id for _, envelope in world.sent}) == len(world.sent)


def test_a_failed_message_can_be_replayed_once(world: World) -> None:
    message_id = owe(world, ordinal=3)
    outbox.settle(world.queue, message_id, Outcome.FAILED, "550 no such person", possibly_repeated=False)
    world.db.session.commit()
    assert [failed.id for failed in outbox.failed(world.queue)] == [message_id]
    again = outbox.replay(world.queue, message_id)
    assert again is not None
    outbox.sweep(world.queue)
    _, envelope = world.sent[-1]
    assert (envelope.id, envelope.key, envelope.ordinal) == (str(again), "k", 3)
    assert outbox.replay(world.queue, message_id) is None
    assert outbox.failed(world.queue) == []


def test_settled_messages_are_forgotten_after_a_month_but_not_failures(world: World) -> None:
    done, failed = owe(world), owe(world, key="other")
    outbox.settle(world.queue, done, Outcome.SENT, "", possibly_repeated=False)
    outbox.settle(world.queue, failed, Outcome.FAILED, "", possibly_repeated=False)
    world.db.session.commit()
    with time_machine.travel(now() + timedelta(days=31)):
        outbox.forget_settled(world.queue)
    assert row(world, done) is None
    assert row(world, failed) is not None
