"""The web server of production, in a thread of the test."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from waitress import wasyncore
from waitress.server import create_server


@contextmanager
def served(app: Any) -> Iterator[str]:
    """An application behind the web server that it has in production; gives its address."""
    stopping, sockets = Event(), dict[int, Any]()

    def serve() -> None:
        while not stopping.is_set():
            wasyncore.loop(timeout=0.05, map=sockets, count=1, use_poll=True)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = create_server(app, map=sockets, sockets=[listener], threads=2)
        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stopping.set()
            thread.join()
            server.task_dispatcher.shutdown()
            server.close()
