"""A web server of ours in a thread, and a proxy to put before it."""

import socket
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from waitress import wasyncore

from shared.runtime.web_server import WebSettings, server_on

CLIENT = "X-Example-Client"
"""The header by which a test says what address its request comes from."""


class WebServer:
    """Serves a WSGI application on a port of its own while it is entered."""

    def __init__(self, app: Any, *, behind_proxies: bool = False) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self.listener.getsockname()[1]
        self._sockets: dict[int, Any] = {}
        settings = WebSettings(self.port, "127.0.0.1", 1, 4, shutdown_seconds=1, behind_proxies=behind_proxies)
        self.server = server_on(self.listener, app, self._sockets, settings)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self.server.task_dispatcher.shutdown()
        wasyncore.close_all(self._sockets)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            wasyncore.loop(timeout=0.05, map=self._sockets, count=1, use_poll=True)


class Proxy:
    """A reverse proxy that terminates TLS, as far as its headers say. It appends the address that a request comes from
    to X-Forwarded-For, and takes what the test says (`CLIENT`) for that address."""

    def __init__(self, port: int, *, host: str = "events.example.org", name: str = "203.0.113.1") -> None:
        self.name = name

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._pass_on()

            def do_POST(self) -> None:
                self._pass_on()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                sent = {key: value for key, value in self.headers.items() if key not in ("Host", CLIENT)}
                peer = self.headers.get(CLIENT, "192.0.2.1")
                sent["X-Forwarded-For"] = ", ".join(filter(None, [self.headers.get("X-Forwarded-For"), peer]))
                sent.update({"X-Forwarded-Proto": "https", "X-Forwarded-Host": host, "Host": "inside", CLIENT: name})
                connection = HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request(self.command, self.path, body, sent)
                answer = connection.getresponse()
                text = answer.read()
                connection.close()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
