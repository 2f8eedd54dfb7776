"""Each message is handled once, in order within its key, and always answered."""

from typing import Any

import pytest
import time_machine

from shared.contracts import encode
from shared.contracts.listings import EventListed, Listing
from shared.contracts.notices import EventFacts
from shared.contracts.receipts import Outcome
from shared.database.utc import now
from shared.messaging import receiving
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import Ended, Forward
from tests.support.messaging_world import Handler, World, in_both_ways, news, outcomes, retry_due


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
