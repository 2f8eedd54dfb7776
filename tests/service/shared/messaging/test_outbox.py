"""A message owed is stored first, and sent again until it is settled."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
import time_machine
from dramatiq.brokers.stub import StubBroker
from sqlalchemy import event

from shared.contracts.receipts import Outcome, Settled
from shared.database.ids import new_id
from shared.database.utc import now
from shared.messaging import outbox, outbox_queries
from shared.messaging.serving import Serving
from tests.support.messaging_world import World


def something() -> Settled:
    return Settled(message_id="x", outcome=Outcome.SENT, at=now())


def owe(world: World, **options: Any) -> UUID:
    message_id = outbox.owe(world.queue, "there", something(), **{"key": "k", "ordinal": 1, **options})
    world.db.session.commit()
    return message_id


def settles(world: World, message_id: UUID, outcome: Outcome, detail: str = "") -> bool:
    receipt = Settled(message_id=str(message_id), outcome=Outcome(outcome), at=now(), detail=detail)
    return outbox.settle(world.queue, [receipt]) == [receipt]


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
    assert outbox_queries.listed(world.queue)[0].key == "another"


def test_while_the_broker_is_away_the_message_is_due_at_once(world: World) -> None:
    world.queue.broker_is_well = lambda: False  # type: ignore[method-assign]
    message_id = owe(world)
    assert world.sent == []
    world.queue.broker_is_well = lambda: True  # type: ignore[method-assign]
    assert outbox.sweep(world.queue) == 1
    assert [envelope.id for _, envelope in world.sent] == [str(message_id)]


def test_a_send_that_fails_is_no_attempt_and_leaves_its_message_due(world: World) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        message_id = owe(world)
        clock.shift(outbox.PATIENCE)
        world.queue.broker_is_well = lambda: False  # type: ignore[method-assign]
        assert outbox.sweep(world.queue) == 0
        assert row(world, message_id).attempts == 1
        world.queue.broker_is_well = lambda: True  # type: ignore[method-assign]
        assert outbox.sweep(world.queue) == 1


def sends(world: World, clock: Any, duration: timedelta) -> list[timedelta]:
    """The ages at which an unanswered message is sent again."""
    began, ages = now(), []
    while (age := now() - began) < duration:
        if outbox.sweep(world.queue):
            ages.append(age)
        clock.shift(timedelta(seconds=5))
    return ages


def test_a_message_that_is_not_settled_is_sent_again_soon_while_it_is_young_and_seldom_when_it_is_old(
    world: World,
) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        owe(world)
        ages = [timedelta(0), *sends(world, clock, timedelta(hours=4))]
    pauses = [(earlier, later - earlier) for earlier, later in pairwise(ages)]
    assert all(pause <= timedelta(seconds=30) for age, pause in pauses if age < timedelta(seconds=80))
    assert all(pause <= max(age / 4, outbox.PATIENCE) * 1.2 + timedelta(seconds=5) for age, pause in pauses)
    assert max(pause for _, pause in pauses) <= outbox.LONGEST_PATIENCE * 1.2 + timedelta(seconds=5)
    assert len(ages) < 45


def test_what_was_in_flight_is_due_at_once_when_the_broker_has_lost_it(world: World) -> None:
    in_flight, waiting, settled = owe(world), owe(world, bulk=True), owe(world)
    settles(world, settled, Outcome.SENT)
    world.db.session.commit()
    world.sent.clear()
    world.queue.broker_has_forgotten = lambda: True  # type: ignore[method-assign]
    assert outbox.sweep(world.queue) == 2
    assert {envelope.id for _, envelope in world.sent} == {str(in_flight), str(waiting)}


def test_a_bulk_message_that_waited_long_for_the_window_is_asked_for_again_as_soon_as_any(world: World) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        message_id = owe(world, bulk=True)
        clock.shift(timedelta(hours=1))
        outbox.sweep(world.queue)
        assert row(world, message_id).due_at - now() <= outbox.PATIENCE * 1.2


def test_a_settled_message_is_not_sent_again_and_forgets_its_body(world: World) -> None:
    message_id = owe(world)
    assert settles(world, message_id, Outcome.SENT, "250 ok")
    world.db.session.commit()
    settled = row(world, message_id)
    assert (settled.outcome, settled.detail, settled.body) == ("sent", "250 ok", None)
    with time_machine.travel(now() + timedelta(days=1)):
        assert outbox.sweep(world.queue) == 0


def test_a_second_receipt_changes_nothing(world: World) -> None:
    message_id = owe(world)
    assert settles(world, message_id, Outcome.SENT)
    assert not settles(world, message_id, Outcome.FAILED, "too late")
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
        settles(world, message_id, Outcome.SENT)
    world.db.session.commit()
    outbox.sweep(world.queue)
    assert len(world.sent) == outbox.BULK_IN_FLIGHT + 100
    assert len({envelope.id for _, envelope in world.sent}) == len(world.sent)


def test_a_failed_message_can_be_replayed_once(world: World) -> None:
    message_id = owe(world, ordinal=3)
    settles(world, message_id, Outcome.FAILED, "550 no such person")
    world.db.session.commit()
    assert [failed.id for failed in outbox_queries.failed(world.queue)] == [message_id]
    again = outbox.replay(world.queue, message_id)
    assert again is not None
    outbox.sweep(world.queue)
    _, envelope = world.sent[-1]
    assert (envelope.id, envelope.key, envelope.ordinal) == (str(again), "k", 3)
    assert outbox.replay(world.queue, message_id) is None
    assert outbox_queries.failed(world.queue) == []


def test_each_receipt_of_several_settles_its_own_message(world: World) -> None:
    sent, failed, repeated, waiting = (owe(world, ordinal=ordinal) for ordinal in range(4))
    assert settles(world, repeated, Outcome.SENT)
    receipts = [
        Settled(message_id=str(sent), outcome=Outcome.SENT, at=now(), detail="250 ok", possibly_repeated=True),
        Settled(message_id=str(failed), outcome=Outcome.FAILED, at=now(), detail="550 no"),
        Settled(message_id=str(repeated), outcome=Outcome.FAILED, at=now()),
        Settled(message_id=str(new_id()), outcome=Outcome.SENT, at=now()),
    ]
    assert outbox.settle(world.queue, receipts) == receipts[:2]
    rows = [row(world, message_id) for message_id in (sent, failed, repeated, waiting)]
    assert [(one.outcome, one.detail, one.possibly_repeated, one.body is None) for one in rows] == [
        ("sent", "250 ok", True, True),
        ("failed", "550 no", False, False),
        ("sent", "", False, True),
        (None, None, False, False),
    ]


@pytest.mark.parametrize("count", [1, 40])
def test_receipts_that_came_together_take_no_more_statements_than_one(world: World, count: int) -> None:
    world.queue.receives(Settled)(world.queue.settle)
    owed = [owe(world, ordinal=ordinal) for ordinal in range(count)]
    receipt = Settled(message_id="", outcome=Outcome.SENT, at=now())
    arrived = [envelope.carrying(replace(receipt, message_id=envelope.id)) for _, envelope in world.sent]
    asked: list[str] = []
    event.listen(world.db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    world.queue.handle_receipts(arrived)
    assert len([statement for statement in asked if not statement.startswith("BEGIN")]) == 2
    assert all(row(world, message_id).outcome == "sent" for message_id in owed)


def test_a_receipt_that_cannot_be_read_keeps_no_other_from_being_settled(world: World) -> None:
    world.queue.receives(Settled)(world.queue.settle)
    message_id = owe(world)
    ((_, envelope),) = world.sent
    receipt = Settled(message_id=str(message_id), outcome=Outcome.SENT, at=now())
    nonsense = replace(envelope.carrying(receipt), body={})
    world.queue.handle_receipts([nonsense, envelope.carrying(receipt)])
    assert row(world, message_id).outcome == "sent"


def test_a_receipt_that_cannot_be_settled_keeps_no_other_from_being_settled(world: World) -> None:
    world.queue.receives(Settled)(world.queue.settle)
    owed = [owe(world, ordinal=1), owe(world, ordinal=2)]
    serving = Serving(world.app, world.queue, StubBroker(middleware=[]))
    for message_id in (str(owed[0]), "no id of ours", str(owed[1])):
        receipt = Settled(message_id=message_id, outcome=Outcome.SENT, at=now(), detail="", possibly_repeated=False)
        serving.consume(vars(world.sent[0][1].carrying(receipt)))
    assert serving.finish(30)
    world.db.session.rollback()
    assert [row(world, message_id).outcome for message_id in owed] == ["sent", "sent"]


def test_settled_messages_are_forgotten_after_a_month_but_not_failures(world: World) -> None:
    done, failed = owe(world), owe(world, key="other")
    settles(world, done, Outcome.SENT)
    settles(world, failed, Outcome.FAILED)
    world.db.session.commit()
    with time_machine.travel(now() + timedelta(days=31)):
        outbox.forget_settled(world.queue)
    assert row(world, done) is None
    assert row(world, failed) is not None
