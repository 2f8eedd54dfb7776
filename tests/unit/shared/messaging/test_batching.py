"""Items that arrive close together are processed in one batch."""

import threading

from shared.messaging.batching import LARGEST_BATCH, Batcher

SOON, LONG = 0.01, 30.0


def test_what_comes_meanwhile_is_done_together() -> None:
    done: list[list[int]] = []
    has_begun, may_go_on = threading.Event(), threading.Event()

    def do(things: list[int]) -> None:
        has_begun.set()
        may_go_on.wait(LONG)
        done.append(things)

    batcher = Batcher(0.0, do)
    batcher.add(0)
    assert has_begun.wait(LONG)
    for thing in (1, 2, 3):
        batcher.add(thing)
    may_go_on.set()
    assert batcher.finish(LONG)
    assert done == [[0], [1, 2, 3]]


def test_nothing_waits_for_ever() -> None:
    is_done = threading.Event()
    Batcher[int](SOON, lambda _: is_done.set()).add(1)
    assert is_done.wait(LONG)


def test_what_is_slow_is_done_by_one_thread_while_the_rest_waits() -> None:
    done: list[list[int]] = []
    may_go_on = threading.Event()

    def slowly(things: list[int]) -> None:
        may_go_on.wait(LONG)
        done.append(things)

    before = threading.active_count()
    batcher = Batcher(0.0, slowly)
    for thing in range(50):
        batcher.add(thing)
    assert threading.active_count() <= before + 1
    assert not batcher.finish(SOON)
    may_go_on.set()
    assert batcher.finish(LONG)
    assert [thing for things in done for thing in things] == list(range(50))


def test_very_many_are_done_some_at_a_time() -> None:
    done: list[list[int]] = []
    batcher = Batcher(SOON, done.append)
    for thing in range(3 * LARGEST_BATCH):
        batcher.add(thing)
    assert batcher.finish(LONG)
    assert max(map(len, done)) <= LARGEST_BATCH
    assert [thing for things in done for thing in things] == list(range(3 * LARGEST_BATCH))


def test_nothing_is_lost_where_many_add_at_once() -> None:
    done: list[list[int]] = []
    batcher = Batcher(0.0, done.append)

    def add_all() -> None:
        for number in range(200):
            batcher.add(number)

    adders = [threading.Thread(target=add_all) for _ in range(8)]
    for adder in adders:
        adder.start()
    for adder in adders:
        adder.join()
    assert batcher.finish(LONG)
    assert sorted(number for together in done for number in together) == sorted([*range(200)] * 8)
