"""A web server that slow and idle clients cannot fill, on real connections."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from shared.runtime import connections
from shared.runtime.connections import allow_connections
from tests.support.machine import eventually
from tests.support.web_servers import WebServer

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
PATIENCE_SECONDS = 20
Connect = Callable[[], socket.socket]


class Serving(WebServer):
    """A server whose requests wait while `answering` is not set."""

    def __init__(self, *, behind_proxies: bool = False) -> None:
        super().__init__(self._answer, behind_proxies=behind_proxies)
        self.answering = threading.Event()
        self.answering.set()
        self.asked = threading.Semaphore(0)

    def _answer(self, _environ: Any, start_response: Any) -> list[bytes]:
        self.asked.release()
        self.answering.wait(PATIENCE_SECONDS)
        start_response("200 OK", [("Content-Length", "4")])
        return [b"good"]


@pytest.fixture
def serving() -> Iterator[Serving]:
    with Serving() as serving:
        yield serving
        serving.answering.set()


@pytest.fixture
def connect(serving: Serving) -> Iterator[Connect]:
    """Opens connections, and closes them at the end."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(
            socket.create_connection(serving.listener.getsockname(), timeout=PATIENCE_SECONDS)
        )


def is_closed(client: socket.socket) -> bool:
    """True once the server has closed the connection without a word."""
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def answer_on(client: socket.socket) -> bytes:
    client.setblocking(True)
    client.sendall(REQUEST)
    received = b""
    while not received.endswith(b"good"):
        received += client.recv(1000) or b"(closed) good"
    return received


@pytest.mark.parametrize(
    ("deadline", "begun"),
    [
        ("HEADER_SECONDS", b"GET / HTTP/1.1\r\nHost: loc"),
        ("BODY_SECONDS", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"),
    ],
)
def test_a_client_that_keeps_dripping_is_closed_at_the_deadline(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, deadline: str, begun: bytes
) -> None:
    monkeypatch.setattr(connections, deadline, 0.5)
    client = connect()
    client.sendall(begun)

    def closed_though_it_drips() -> bool:
        if is_closed(client):
            return True
        try:
            client.send(b"x")
        except OSError:
            return True
        return False

    eventually(closed_though_it_drips, "the connection stays open")


def test_a_client_that_sends_nothing_is_closed(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.2)
    client = connect()
    eventually(lambda: is_closed(client), "the connection stays open")


def test_a_request_that_arrives_in_pieces_before_its_deadline_is_answered(connect: Connect) -> None:
    client = connect()
    client.sendall(REQUEST[:20])
    client.sendall(REQUEST[20:])
    assert client.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_client_is_answered_beside_a_thousand_idle_and_dripping_connections_that_stay_open() -> None:
    allow_connections()
    with Serving(behind_proxies=True) as serving, ExitStack() as opened:

        def connect() -> socket.socket:
            return opened.enter_context(
                socket.create_connection(serving.listener.getsockname(), timeout=PATIENCE_SECONDS)
            )

        slow = [connect() for _ in range(1000)]
        for dripping in slow[::2]:
            dripping.sendall(b"GET / HT")
        assert answer_on(connect()).startswith(b"HTTP/1.1 200")
        assert not any(is_closed(client) for client in slow)


def test_too_many_connections_of_a_network_close_those_that_have_waited_longest(
    serving: Serving, connect: Connect
) -> None:
    serving.server.most_of_a_network = 5
    clients = [connect() for _ in range(8)]
    eventually(lambda: [is_closed(client) for client in clients] == [True] * 3 + [False] * 5, "others are closed")
    assert answer_on(clients[-1]).startswith(b"HTTP/1.1 200")


def test_a_request_that_is_being_answered_is_not_cut_off(serving: Serving, connect: Connect) -> None:
    serving.server.most_of_a_network = 3
    serving.answering.clear()
    first = connect()
    first.sendall(REQUEST)
    assert serving.asked.acquire(timeout=PATIENCE_SECONDS)
    others = [connect() for _ in range(6)]
    eventually(lambda: is_closed(others[0]), "the others stay open")
    serving.answering.set()
    assert first.recv(1000).startswith(b"HTTP/1.1 200")
