"""Each message is handled once, in order within its key, and always answered."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from shared.contracts import encode
from shared.contracts.listings import EventListed, Listing
from shared.contracts.notices import EventFacts
from shared.contracts.receipts import Outcome
from shared.database.ids import new_id
from shared.database.utc import now
from shared.messaging import inbox, receiving
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import Ended, Forward, TryAgain
from tests.support.messaging_world import World

in_both_ways = pytest.mark.parametrize("leased", [True, False], ids=["leased", "in one transaction"], indirect=True)


@pytest.fixture(autouse=True)
def leased(request: pytest.FixtureRequest, world: World) -> None:
    """Handlers are leased, where a test does not ask for both ways."""
    world.leased = getattr(request, "param", True)


def news(key: str = "k", ordinal: int = 1, **changes: Any) -> Envelope:
    facts = EventFacts(id="e", slug="s", title="t", url="u", timezone="Europe/London")
    body = encode(EventListed(event=facts, status=Listing.PUBLISHED, stated_at=now()))
    values = {"id": str(new_id()), "type": "event-listed", "version": 1, "key": key, "ordinal": ordinal}
    return Envelope(**{**values, "origin": "there", "bulk": False, "body": body, **changes})


class Handler:
    """A handler that counts, and does what it is told."""

    def __init__(self, world: World, *results: Any) -> None:
        self.calls = 0
        self.results = list(results) or [Ended(Outcome.DONE)]
        world.queue.receives(EventListed, leased=world.leased)(self)

    def __call__(self, message: EventListed) -> Any:
        self.calls += 1
        result = self.results[min(self.calls, len(self.results)) - 1]
        if isinstance(result, BaseException):
            raise result
        return result


def outcomes(world: World) -> list[str]:
    return [envelope.body["outcome"] for _, envelope in world.sent if envelope.type == "settled"]


def row(world: World, envelope: Envelope) -> Any:
    world.db.session.expire_all()
    return world.db.session.query(world.Inbox).filter_by(key=envelope.key, ordinal=envelope.ordinal).one()


def retry_due(world: World) -> int:
    """The clock's job, with its commit."""
    count = inbox.retry_due(world.queue)
    world.db.session.commit()
    return count


@in_both_ways
def test_a_message_is_handled_and_answered(world: World) -> None:
    handler, envelope = Handler(world), news()
    world.queue.handle(envelope)
    ((to, receipt),) = world.sent
    assert (handler.calls, to, receipt.type, receipt.body["message_id"]) == (1, "there", "settled", envelope.id)


@in_both_ways
def test_a_repeat_gets_the_same_answer_and_is_not_handled_again(world: World) -> None:
    handler, envelope = Handler(world), news()
    world.queue.handle(envelope)
    world.queue.handle(envelope)
    assert handler.calls == 1
    assert world.sent[0] == world.sent[1]


@in_both_ways
def test_a_forwarded_message_keeps_its_id_key_ordinal_and_origin(world: World) -> None:
    onward = EventListed(
        event=EventFacts(id="", slug="", title="", url="", timezone=""), status=Listing.DRAFT, stated_at=now()
    )
    Handler(world, Forward("further", onward))
    envelope = news(ordinal=4)
    world.queue.handle(envelope)
    world.queue.handle(envelope)
    (to, first), (_, second) = world.sent
    assert to == "further"
    assert first == second == Envelope(**{**vars_of(envelope), "body": encode(onward)})


def vars_of(envelope: Envelope) -> dict[str, Any]:
    return {name: getattr(envelope, name) for name in Envelope.__dataclass_fields__}


@in_both_ways
def test_an_older_message_after_a_newer_one_of_its_key_is_superseded(world: World) -> None:
    handler = Handler(world)
    world.queue.handle(news(ordinal=2))
    world.queue.handle(news(ordinal=1))
    assert handler.calls == 1
    assert outcomes(world) == ["done", "superseded"]


@in_both_ways
def test_messages_of_other_keys_do_not_supersede(world: World) -> None:
    handler = Handler(world)
    world.queue.handle(news(key="a", ordinal=2))
    world.queue.handle(news(key="b", ordinal=1))
    assert (handler.calls, outcomes(world)) == (2, ["done", "done"])


def test_a_message_that_asks_for_nothing_is_answered_and_not_handled(world: World) -> None:
    handler = Handler(world)
    world.queue.receives(EventListed, leased=True, unless=lambda *_: Ended(Outcome.SUPPRESSED, "Not wanted."))(handler)
    envelope = news()
    world.queue.handle(envelope)
    world.queue.handle(envelope)
    assert (handler.calls, outcomes(world)) == (0, ["suppressed", "suppressed"])


def test_a_newer_message_waits_for_the_older_one_that_is_being_handled(world: World) -> None:
    older, newer = news(ordinal=1), news(ordinal=2)

    class Meanwhile(Handler):
        def __call__(self, message: EventListed) -> Any:
            if self.calls == 0:
                self.calls += 1
                world.queue.handle(newer)
                assert outcomes(world) == []
                return Ended(Outcome.DONE, "older")
            return super().__call__(message)

    handler = Meanwhile(world)
    with time_machine.travel(now(), tick=False) as clock:
        world.queue.handle(older)
        clock.shift(receiving.PAUSE_WHILE_BUSY)
        assert retry_due(world) == 1
        assert world.sent[-1] == ("here", newer)
        world.queue.handle(newer)
    assert (handler.calls, outcomes(world)) == (2, ["done", "done"])


def test_a_message_that_is_being_handled_is_left_to_whoever_handles_it(world: World) -> None:
    envelope = news()

    class Twice(Handler):
        def __call__(self, message: EventListed) -> Any:
            if self.calls == 0:
                self.calls += 1
                world.queue.handle(envelope)
                return Ended(Outcome.DONE)
            return super().__call__(message)

    handler = Twice(world)
    world.queue.handle(envelope)
    assert (handler.calls, outcomes(world)) == (1, ["done"])


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


@in_both_ways
@pytest.mark.parametrize("changes", [{"body": {}}, {"type": "nonsense"}, {"version": 2}])
def test_a_message_that_breaks_its_contract_fails_at_once(world: World, changes: dict[str, Any]) -> None:
    handler = Handler(world)
    world.queue.handle(news(**changes))
    assert (handler.calls, outcomes(world)) == (0, ["failed"])


@in_both_ways
def test_what_a_failed_handler_wrote_is_taken_back(world: World) -> None:
    class Writes(Handler):
        def __call__(self, message: EventListed) -> Any:
            world.db.session.add(world.Inbox(**receiving.new_row(news(key="stray"), now())))
            world.db.session.flush()
            raise RuntimeError("after writing")

    Writes(world)
    world.queue.handle(news())
    assert world.db.session.query(world.Inbox).filter_by(key="stray").count() == 0
