"""A lease passes a dead worker's message on, and a late worker changes nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from shared.contracts.listings import EventListed
from shared.contracts.receipts import Outcome
from shared.database.utc import now
from shared.messaging import inbox, receiving
from shared.messaging.inbox import Ended, TryAgain
from tests.support.messaging_world import Handler, World, news, outcomes, retry_due, row


def test_what_a_dead_worker_held_is_taken_up_when_its_lease_ends_and_is_marked(world: World) -> None:
    envelope = news()
    handler = Handler(world, KeyboardInterrupt(), Ended(Outcome.SENT))
    with time_machine.travel(now(), tick=False) as clock:
        with pytest.raises(KeyboardInterrupt):
            world.queue.handle(envelope)
        world.db.session.rollback()
        world.queue.handle(envelope)
        assert handler.calls == 1
        clock.shift(inbox.LEASE + timedelta(seconds=1))
        assert retry_due(world) == 1
        world.queue.handle(world.sent.pop()[1])
    assert outcomes(world) == ["sent"]
    assert world.sent[-1][1].body["possibly_repeated"] is True


def test_the_lease_of_a_message_that_takes_long_is_renewed_up_to_a_limit(world: World) -> None:
    envelope = news()
    leases: list[timedelta] = []

    class Slow(Handler):
        def __call__(self, message: EventListed) -> Any:
            for _ in range(12):
                clock.shift(timedelta(seconds=10))
                receiving.renew_leases(world.queue)
                leases.append(row(world, envelope).lease_until - began)
            return super().__call__(message)

    Slow(world)
    with time_machine.travel(now(), tick=False) as clock:
        began = now()
        world.queue.handle(envelope)
        assert (outcomes(world), row(world, envelope).lease_until) == (["done"], None)
        receiving.renew_leases(world.queue)
        assert row(world, envelope).lease_until is None
    assert leases[:3] == [timedelta(seconds=seconds) for seconds in (50, 60, 70)]
    assert max(leases) == leases[-1] == inbox.LEASE


def test_a_message_that_waits_for_its_retry_gets_no_lease_from_the_worker_that_put_it_back(world: World) -> None:
    envelope = news()
    Handler(world, TryAgain("451"))
    turns: list[receiving.Turn] = []
    put_back = receiving._put_back

    def late(sender: Any, turn: receiving.Turn, *given: Any) -> None:
        put_back(sender, turn, *given)
        turns.append(turn)
        receiving.renew_leases(sender)  # the renewal that came just now

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receiving, "_put_back", late)
        world.queue.handle(envelope)
    assert len(turns) == 1
    assert row(world, envelope).lease_until is None
    assert world.queue.leased == set()


def test_a_worker_whose_message_was_taken_over_renews_no_lease(world: World) -> None:
    envelope = news()

    class StoodStill(Handler):
        def __call__(self, message: EventListed) -> Any:
            if self.calls == 0:
                self.calls += 1
                late = set(world.queue.leased)
                clock.shift(inbox.LEASE_TERM + timedelta(seconds=1))
                with pytest.raises(KeyboardInterrupt):
                    world.queue.handle(envelope)  # another worker, which dies
                world.db.session.rollback()
                until = row(world, envelope).lease_until
                world.queue.leased = late
                receiving.renew_leases(world.queue)
                assert row(world, envelope).lease_until == until
                return Ended(Outcome.DONE)
            return super().__call__(message)

    StoodStill(world, Ended(Outcome.DONE), KeyboardInterrupt())
    with time_machine.travel(now(), tick=False) as clock:
        world.queue.handle(envelope)
    assert outcomes(world) == []


@pytest.mark.parametrize("late", [Ended(Outcome.FAILED), TryAgain("451"), RuntimeError("late")])
def test_a_worker_that_stood_still_beyond_its_lease_changes_nothing_when_it_wakes(world: World, late: Any) -> None:
    envelope = news()
    with time_machine.travel(now(), tick=False) as clock:

        class StoodStill(Handler):
            def __call__(self, message: EventListed) -> Any:
                if self.calls == 0:
                    self.calls += 1
                    clock.shift(inbox.LEASE + timedelta(seconds=1))
                    world.queue.handle(envelope)
                    if isinstance(late, Exception):
                        raise late
                    return late
                return super().__call__(message)

        StoodStill(world, Ended(Outcome.SENT))
        world.queue.handle(envelope)
    assert outcomes(world) == ["sent"]
    assert row(world, envelope).status == "sent"
    assert row(world, envelope).settled_at is not None


def test_a_message_that_a_late_worker_ends_just_when_it_is_taken_up_is_not_handled_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    envelope, take_lease = news(), receiving._lease
    handler = Handler(world, KeyboardInterrupt(), Ended(Outcome.SENT))

    def just_after_the_late_worker(queue: Any, turn: Any) -> bool:
        world.db.session.execute(update(world.Inbox).values(status="sent", settled_at=now(), lease_until=None))
        return take_lease(queue, turn)

    with time_machine.travel(now(), tick=False) as clock:
        with pytest.raises(KeyboardInterrupt):
            world.queue.handle(envelope)
        world.db.session.rollback()
        clock.shift(inbox.LEASE + timedelta(seconds=1))
        monkeypatch.setattr(receiving, "_lease", just_after_the_late_worker)
        world.queue.handle(envelope)
    assert (handler.calls, outcomes(world)) == (1, [])


def test_a_message_that_kills_its_workers_is_given_up(world: World) -> None:
    poison = news()
    handler = Handler(world, KeyboardInterrupt())
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(receiving.MOST_CRASHES):
            with pytest.raises(KeyboardInterrupt):
                world.queue.handle(poison)
            world.db.session.rollback()
            clock.shift(inbox.LEASE + timedelta(seconds=1))
        world.queue.handle(poison)
    assert handler.calls == receiving.MOST_CRASHES
    assert outcomes(world) == ["failed"]


@pytest.mark.parametrize("leased", [False], indirect=True)
def test_a_message_that_kills_its_workers_where_no_lease_was_asked_for_is_given_up_once_it_is_sent_again(
    world: World,
) -> None:
    poison = news()
    handler = Handler(world, KeyboardInterrupt())
    with time_machine.travel(now(), tick=False) as clock:
        for attempt in range(1, receiving.MOST_CRASHES + 2):
            with pytest.raises(KeyboardInterrupt):
                world.queue.handle(replace(poison, attempt=attempt))
            world.db.session.rollback()
            clock.shift(inbox.LEASE + timedelta(seconds=1))
        world.queue.handle(poison)
    assert handler.calls == receiving.MOST_CRASHES + 1
    assert outcomes(world) == ["failed"]


@pytest.mark.parametrize("leased", [False], indirect=True)
def test_what_a_dead_worker_did_in_one_transaction_is_not_there_and_not_said_to_be_repeated(world: World) -> None:
    envelope = news()

    class Dies(Handler):
        def __call__(self, message: EventListed) -> Any:
            if self.calls == 0:
                world.db.session.add(world.Inbox(**receiving.new_row(news(key="stray"), now())))
                world.db.session.flush()
            return super().__call__(message)

    Dies(world, KeyboardInterrupt(), Ended(Outcome.DONE))
    with pytest.raises(KeyboardInterrupt):
        world.queue.handle(envelope)
    world.db.session.rollback()
    world.queue.handle(envelope)
    assert world.db.session.query(world.Inbox).count() == 1
    assert outcomes(world) == ["done"]
    assert world.sent[-1][1].body["possibly_repeated"] is False


def test_a_crash_is_counted_once_however_long_its_message_waits_for_its_turn(world: World) -> None:
    older, newer = news(ordinal=1), news(ordinal=2)
    Handler(world, KeyboardInterrupt(), Ended(Outcome.DONE))
    with time_machine.travel(now(), tick=False) as clock:
        with pytest.raises(KeyboardInterrupt):
            world.queue.handle(newer)
        world.db.session.rollback()
        clock.shift(inbox.LEASE + timedelta(seconds=1))
        world.db.session.add(world.Inbox(**receiving.new_row(older, now()), lease_until=now() + inbox.LEASE))
        world.db.session.commit()
        for _ in range(receiving.MOST_CRASHES):
            world.queue.handle(newer)
    assert row(world, newer).crashes == 1
