"""Forked processes hear the signals that stop them."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from shared.runtime import child_processes

STOP = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """The test process keeps its own handlers."""
    before = {number: signal.getsignal(number) for number in STOP}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOP)
def test_a_signal_in_the_first_moment_of_a_child_ends_it(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    really_fork = os.fork

    def fork_and_signal() -> int:
        child = really_fork()
        if not child:
            os.kill(os.getpid(), number)
        return child

    child_processes.stop_signal()
    monkeypatch.setattr(os, "fork", fork_and_signal)
    child = child_processes.fork()
    if not child:
        os._exit(0)  # it was not stopped
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -number


def test_a_signal_to_the_parent_while_it_forks_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping, really_fork = child_processes.stop_signal(), os.fork

    def signal_and_fork() -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return really_fork()

    monkeypatch.setattr(os, "fork", signal_and_fork)
    child = child_processes.fork()
    if not child:
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert isinstance(stopping, threading.Event)
    assert stopping.wait(1)
