"""Serves a WSGI application with waitress, in one process or in several that share a listening socket."""

import logging
import os
import signal
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.task import ThreadedTaskDispatcher

from shared.runtime.child_processes import die_with_parent, fork, share_loaded_modules, stop_signal
from shared.runtime.connections import CHECKED_EVERY_SECONDS, Server, allow_connections

BACKLOG = 1024
OTHER_SOCKETS = 10
LARGEST_BODY = 2 * 1024 * 1024
PAUSE_BEFORE_RESTART_SECONDS = 1.0

log = structlog.get_logger()


@dataclass(frozen=True)
class WebSettings:
    """How to serve: where, with how many processes and threads, and how long requests may take to finish.

    Connections are limited by network address, unless proxies (`behind_proxies`) open them for all clients.
    """

    port: int
    host: str
    workers: int
    threads: int
    shutdown_seconds: int
    behind_proxies: bool = False


def web_settings(config: Mapping[str, Any]) -> WebSettings:
    """The web settings of an application's configuration."""
    return WebSettings(
        port=config["PORT"],
        host=config["HOST"],
        workers=config["WEB_WORKERS"],
        threads=config["WEB_THREADS"],
        shutdown_seconds=config["SHUTDOWN_SECONDS"],
        behind_proxies=config["TRUSTED_PROXIES"] > 0,
    )


def run_web(app: Any, settings: WebSettings) -> None:
    """Serve a WSGI application until SIGTERM or SIGINT, then finish the requests under way."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns about every request that waits
    with socket.create_server((settings.host, settings.port), backlog=BACKLOG) as listener:
        if settings.workers == 1:
            _serve(app, listener, settings)
        else:
            _serve_in_several(app, listener, settings)


def _serve(app: Any, listener: socket.socket, settings: WebSettings) -> None:
    sockets: dict[int, Any] = {}
    server = server_on(listener, app, sockets, settings)
    stopping = stop_signal()
    while not stopping.is_set():
        wasyncore.loop(timeout=0.5, map=sockets, count=1, use_poll=True)
    server.accepting = False
    deadline = time.monotonic() + settings.shutdown_seconds
    while _is_answering(server) and time.monotonic() < deadline:
        wasyncore.loop(timeout=0.05, map=sockets, count=1, use_poll=True)


def server_on(listener: socket.socket, app: Any, sockets: dict[int, Any], settings: WebSettings) -> Server:
    """A server that accepts on `listener`. It runs while `wasyncore.loop` is called for `sockets`."""
    most = allow_connections()
    adjustments = Adjustments(
        sockets=[listener],
        backlog=BACKLOG,
        ident=None,
        connection_limit=most + OTHER_SOCKETS,  # the server makes room by itself before that
        cleanup_interval=CHECKED_EVERY_SECONDS,
        max_request_body_size=LARGEST_BODY,
        clear_untrusted_proxy_headers=False,  # ProxyFix believes as many as TRUSTED_PROXIES says, and no more
    )
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(settings.threads)
    address = (listener.family, listener.type, listener.proto, listener.getsockname())
    server = Server(app, sockets, True, listener, dispatcher, adjustments, address, bind_socket=False)
    server.most_connections = most
    if settings.behind_proxies:
        server.most_of_a_network = most
    return server


def _is_answering(server: Any) -> bool:
    """True while a request is being handled or a response has not been sent completely."""
    dispatcher = server.task_dispatcher
    unsent = any(channel.requests or channel.total_outbufs_len for channel in server.active_channels.values())
    return bool(dispatcher.active_count or dispatcher.queue or unsent)


def _serve_in_several(app: Any, listener: socket.socket, settings: WebSettings) -> None:
    """Fork processes that share the socket, and replace those that die."""

    def start() -> int:
        child = fork()
        if not child:
            try:
                die_with_parent(parent)  # or it would keep the port from the one that is started again
                _serve(app, listener, settings)
            finally:
                os._exit(0)
        return child

    parent = os.getpid()
    share_loaded_modules()
    stopping = stop_signal()
    children = {start() for _ in range(settings.workers)}
    while not stopping.wait(0.3):
        died = {child for child in children if os.waitpid(child, os.WNOHANG)[0]}
        for child in died:
            log.error("a web process died", pid=child)
            time.sleep(PAUSE_BEFORE_RESTART_SECONDS)
            children = children - {child} | {start()}
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
    for child in children:
        os.waitpid(child, 0)
