"""Holding back, with a clock that the test moves."""

from datetime import timedelta

import pytest

from services.notifications.relay import circuit as circuits
from services.notifications.relay.circuit import Circuit
from shared.messaging.inbox import TryAgain


class Hands:
    """The hands of the clock."""

    at = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(circuits, "monotonic", lambda: hands.at)
    return hands


def is_open(circuit: Circuit) -> bool:
    try:
        circuit.check()
    except TryAgain:
        return False
    return True


def test_a_lost_relay_is_let_be_longer_each_time_up_to_a_minute(clock: Hands) -> None:
    circuit, pauses = Circuit(timeout=5), []
    for _ in range(9):
        pause = circuit.failed("It is away.").pause
        assert pause is not None
        pauses.append(pause.total_seconds())
        clock.at += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_after_the_pause_one_mail_looks_while_the_others_wait(clock: Hands) -> None:
    circuit = Circuit(timeout=5)
    circuit.failed("It is away.")
    assert not is_open(circuit)
    clock.at += 1.0
    assert [is_open(circuit) for _ in range(3)] == [True, False, False]


def test_a_scout_that_never_comes_back_is_followed_by_another(clock: Hands) -> None:
    circuit = Circuit(timeout=5)
    circuit.failed("It is away.")
    clock.at += 1.0
    assert is_open(circuit)
    clock.at += 5.0
    assert is_open(circuit)


def test_a_relay_that_is_back_is_open_to_all_and_forgiven(clock: Hands) -> None:
    circuit = Circuit(timeout=5)
    for _ in range(5):
        circuit.failed("It is away.")
        clock.at += 60.0
    circuit.mended()
    assert is_open(circuit)
    assert circuit.failed("It is away again.").pause == timedelta(seconds=1)


def test_mails_that_find_out_together_count_as_one_failure(clock: Hands) -> None:
    circuit = Circuit(timeout=5)
    for _ in range(4):
        pause = circuit.failed("It is away.").pause
    assert pause == timedelta(seconds=1)
