"""The circuit breaker, with a clock that the test moves."""

from datetime import timedelta

import pytest

from services.notifications.relay import circuit
from services.notifications.relay.circuit import CircuitBreaker
from shared.messaging.inbox import TryAgain


class Clock:
    """The time, in seconds."""

    at = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(circuit, "monotonic", lambda: moved.at)
    return moved


def may_try(breaker: CircuitBreaker) -> bool:
    try:
        breaker.check()
    except TryAgain:
        return False
    return True


def test_each_pause_is_twice_as_long_up_to_a_minute(clock: Clock) -> None:
    breaker, pauses = CircuitBreaker(timeout=5), []
    for _ in range(9):
        pause = breaker.failed("It is away.").pause
        assert pause is not None
        pauses.append(pause.total_seconds())
        clock.at += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_after_the_pause_one_mail_tries_while_the_others_wait(clock: Clock) -> None:
    breaker = CircuitBreaker(timeout=5)
    breaker.failed("It is away.")
    assert not may_try(breaker)
    clock.at += 1.0
    assert [may_try(breaker) for _ in range(3)] == [True, False, False]


def test_a_trial_that_never_ends_is_followed_by_another(clock: Clock) -> None:
    breaker = CircuitBreaker(timeout=5)
    breaker.failed("It is away.")
    clock.at += 1.0
    assert may_try(breaker)
    clock.at += 5.0
    assert may_try(breaker)


def test_a_success_lets_all_mails_through_and_resets_the_pause(clock: Clock) -> None:
    breaker = CircuitBreaker(timeout=5)
    for _ in range(5):
        breaker.failed("It is away.")
        clock.at += 60.0
    breaker.succeeded()
    assert may_try(breaker)
    assert breaker.failed("It is away again.").pause == timedelta(seconds=1)


def test_mails_that_fail_together_count_as_one_failure(clock: Clock) -> None:
    breaker = CircuitBreaker(timeout=5)
    for _ in range(4):
        pause = breaker.failed("It is away.").pause
    assert pause == timedelta(seconds=1)
