"""A failure that may pass is retried after a pause, and given up in the end."""

from datetime import timedelta

import time_machine

from shared.contracts.receipts import Outcome
from shared.database.utc import now
from shared.messaging import inbox, receiving
from shared.messaging.inbox import Ended, TryAgain
from tests.support.messaging_world import Handler, World, in_both_ways, news, outcomes, retry_due, row


@in_both_ways
def test_a_handler_that_keeps_failing_ends_as_failed_with_its_reason(world: World) -> None:
    envelope = news()
    handler = Handler(world, RuntimeError("no"))
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(receiving.MOST_ERRORS):
            world.queue.handle(envelope)
            clock.shift(timedelta(hours=1))
    assert handler.calls == receiving.MOST_ERRORS
    assert outcomes(world) == ["failed"]
    assert world.sent[-1][1].body["detail"] == "RuntimeError: no"


@in_both_ways
def test_what_cannot_be_done_now_is_tried_again_later_and_then_given_up_after_two_days(world: World) -> None:
    envelope = news()
    handler = Handler(world, TryAgain("451 come back"))
    with time_machine.travel(now(), tick=False) as clock:
        started = now()
        world.queue.handle(envelope)
        while not outcomes(world):
            clock.shift(timedelta(minutes=10))
            if retry_due(world):
                world.queue.handle(world.sent.pop()[1])
        tried_for = now() - started
    assert timedelta(hours=48) < tried_for < timedelta(hours=50)
    assert handler.calls > 40
    assert (outcomes(world), world.sent[-1][1].body["detail"]) == (["failed"], "451 come back")


@in_both_ways
def test_a_pause_that_was_asked_for_is_kept(world: World) -> None:
    Handler(world, TryAgain("busy", timedelta(minutes=5)))
    envelope = news()
    with time_machine.travel(now(), tick=False) as clock:
        world.queue.handle(envelope)
        clock.shift(timedelta(minutes=4))
        assert retry_due(world) == 0
        clock.shift(timedelta(minutes=2))
        assert retry_due(world) == 1


@in_both_ways
def test_pauses_that_were_asked_for_do_not_make_the_next_one_longer(world: World) -> None:
    asked = [TryAgain("the relay is away", timedelta(seconds=1))] * 20
    Handler(world, *asked, TryAgain("451"))
    envelope = news()
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(20):
            world.queue.handle(envelope)
            clock.shift(timedelta(seconds=1))
        world.queue.handle(envelope)
        assert row(world, envelope).paused_until - now() < timedelta(seconds=3)


@in_both_ways
def test_a_repeat_does_not_cut_a_pause_short(world: World) -> None:
    handler, envelope = Handler(world, TryAgain("busy", timedelta(minutes=5)), Ended(Outcome.DONE)), news()
    with time_machine.travel(now(), tick=False) as clock:
        world.queue.handle(envelope)
        clock.shift(timedelta(minutes=4))
        world.queue.handle(envelope)
        assert handler.calls == 1
        clock.shift(timedelta(minutes=1))
        world.queue.handle(envelope)
    assert (handler.calls, outcomes(world)) == (2, ["done"])


def test_a_retry_leaves_after_the_end_of_its_pause_is_committed(world: World) -> None:
    """Or a fast worker with a slow clock would still read the pause, and drop the retry."""
    envelope = news()
    Handler(world, TryAgain("busy", timedelta(minutes=5)))
    with time_machine.travel(now(), tick=False) as clock:
        world.queue.handle(envelope)
        clock.shift(timedelta(minutes=5))
        assert inbox.retry_due(world.queue) == 1
        assert world.sent == []
        world.db.session.commit()
        assert world.sent == [("here", envelope)]
        assert row(world, envelope).paused_until is None


@in_both_ways
def test_a_worker_whose_clock_is_slow_heeds_the_clock_that_calls_it(world: World) -> None:
    handler, envelope = Handler(world, TryAgain("busy", timedelta(minutes=5)), Ended(Outcome.DONE)), news()
    with time_machine.travel(now(), tick=False) as clock:
        world.queue.handle(envelope)
        clock.shift(timedelta(minutes=5))
        assert retry_due(world) == 1
        clock.shift(-timedelta(seconds=20))
        world.queue.handle(world.sent.pop()[1])
    assert (handler.calls, outcomes(world)) == (2, ["done"])


def test_a_long_backlog_of_retries_is_enqueued_a_window_at_a_time(world: World) -> None:
    Handler(world)
    rows = [receiving.new_row(news(key=f"k{number}"), now()) for number in range(inbox.RETRIES_IN_FLIGHT + 100)]
    world.db.session.add_all(world.Inbox(**values) for values in rows)
    world.db.session.commit()
    assert retry_due(world) == inbox.RETRIES_IN_FLIGHT
    assert retry_due(world) == 0
    for _, envelope in list(world.sent)[:100]:
        world.queue.handle(envelope)
    assert retry_due(world) == 100


def test_a_retry_that_the_broker_lost_is_enqueued_again_soon(world: World) -> None:
    Handler(world, TryAgain("451", timedelta(seconds=1)))
    with time_machine.travel(now(), tick=False) as clock:
        world.queue.handle(news())
        clock.shift(timedelta(seconds=1))
        assert retry_due(world) == 1
        clock.shift(inbox.PATIENCE)
        assert retry_due(world) == 1


def test_a_retry_that_the_broker_did_not_take_stays_due(world: World) -> None:
    Handler(world, TryAgain("451", timedelta(seconds=1)))
    with time_machine.travel(now(), tick=False) as clock:
        world.queue.handle(news())
        clock.shift(timedelta(seconds=1))
        world.queue.broker_is_well = lambda: False  # type: ignore[method-assign]
        assert retry_due(world) == 0
        world.queue.broker_is_well = lambda: True  # type: ignore[method-assign]
        assert retry_due(world) == 1
