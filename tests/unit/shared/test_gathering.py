"""What comes close together is done at once."""

import threading

from shared.gathering import Gathering

LONG = 3600.0


def test_what_waits_is_done_together() -> None:
    done: list[list[int]] = []
    gathering = Gathering(LONG, done.append)
    for thing in (1, 2, 3):
        gathering.add(thing)
    assert done == []
    gathering.finish()
    gathering.finish()
    assert done == [[1, 2, 3]]


def test_nothing_waits_for_ever() -> None:
    is_done = threading.Event()
    Gathering[int](0.0, lambda _: is_done.set()).add(1)
    assert is_done.wait(10)


def test_nothing_is_lost_where_many_add_at_once() -> None:
    done: list[list[int]] = []
    gathering = Gathering(0.0, done.append)

    def add_all() -> None:
        for number in range(200):
            gathering.add(number)

    adders = [threading.Thread(target=add_all) for _ in range(8)]
    for adder in adders:
        adder.start()
    for adder in adders:
        adder.join()
    gathering.finish()
    while sum(map(len, done)) < 8 * 200:
        threading.Event().wait(0.01)
    assert sorted(number for together in done for number in together) == sorted([*range(200)] * 8)
