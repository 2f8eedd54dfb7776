"""A waitress server that slow and idle clients cannot fill.

A request has a deadline for its header and one for its body. When there are too many connections, those that have
waited longest for a complete request are closed, so that a new client is always let in.
"""

import resource
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

from shared.web.addresses import network_of

HEADER_SECONDS = 15
BODY_SECONDS = 60
IDLE_SECONDS = 60
CHECKED_EVERY_SECONDS = 1
MOST_CONNECTIONS = 2000
MOST_OF_A_NETWORK = 200
OTHER_FILES = 200


class Connection(HTTPChannel):
    """A client's connection. `waiting_since` (monotonic seconds) is when it was opened, or when its last request
    began or was complete."""

    def __init__(self, server: "Server", sock: Any, addr: Any, adj: Any, map: Any = None) -> None:
        super().__init__(server, sock, addr, adj, map)
        self.network = network_of(addr[0])
        self.waiting_since = time.monotonic()

    def received(self, data: bytes) -> bool:
        """Take in what has arrived, and note when a request began or was complete."""
        arriving = self.request
        taken: bool = super().received(data)
        if self.request is not arriving:
            self.waiting_since = time.monotonic()
        return taken

    @property
    def is_waiting(self) -> bool:
        """True if the client has not sent a complete request and has taken all its answers."""
        return not self.requests and not self.total_outbufs_len

    @property
    def is_too_slow(self) -> bool:
        """True if a request takes too long to arrive, or nothing has moved for too long."""
        if self.request is not None and self.is_waiting:
            allowed = BODY_SECONDS if self.request.headers_finished else HEADER_SECONDS
            return time.monotonic() - self.waiting_since > allowed
        is_stuck = self.is_waiting or self.total_outbufs_len
        return bool(is_stuck and time.time() - self.last_activity > IDLE_SECONDS)


class Server(TcpWSGIServer):
    """Accepts connections, and closes those that are too slow or too many."""

    channel_class = Connection
    most_connections = MOST_CONNECTIONS
    most_of_a_network = MOST_OF_A_NETWORK

    def handle_accept(self) -> None:
        """Accept a connection, and make room for it."""
        super().handle_accept()
        connections: list[Connection] = list(self.active_channels.values())
        if connections:
            network = connections[-1].network
            _close_surplus([one for one in connections if one.network == network], self.most_of_a_network)
            _close_surplus(connections, self.most_connections)

    def maintenance(self, now: float) -> None:
        """Close the connections that are too slow. waitress calls this every `cleanup_interval` seconds."""
        for connection in list(self.active_channels.values()):
            if connection.is_too_slow:
                connection.handle_close()


def allow_connections() -> int:
    """Let this process open as many files as it needs. Returns how many of them may be connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(min(MOST_CONNECTIONS, soft - OTHER_FILES), 1)


def _close_surplus(connections: Iterable[Connection], most: int) -> None:
    """Close those that have waited longest for a complete request, until no more than `most` are left."""
    connections = list(connections)
    waiting = sorted((one for one in connections if one.is_waiting), key=lambda one: one.waiting_since)
    for connection in waiting[: max(0, len(connections) - most)]:
        connection.handle_close()
