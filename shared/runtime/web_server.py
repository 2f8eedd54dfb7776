"""Serves a WSGI application with waitress, in one process or in several that share a listening socket."""

import logging
import os
import signal
import socket
import time
from contextlib import suppress
from typing import Any

import structlog
from waitress import wasyncore
from waitress.server import create_server

from shared.runtime.child_processes import die_with_parent, fork, share_loaded_modules, stop_signal

BACKLOG = 1024
LARGEST_BODY = 2 * 1024 * 1024
PAUSE_BEFORE_RESTART_SECONDS = 1.0

log = structlog.get_logger()


def run_web(app: Any, *, port: int, host: str, workers: int, threads: int, shutdown_seconds: int) -> None:
    """Serve a WSGI application until SIGTERM or SIGINT, then finish the requests under way."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns about every request that waits
    with socket.create_server((host, port), backlog=BACKLOG) as listener:
        if workers == 1:
            _serve(app, listener, threads, shutdown_seconds)
        else:
            _serve_in_several(app, listener, workers, threads, shutdown_seconds)


def _serve(app: Any, listener: socket.socket, threads: int, shutdown_seconds: int) -> None:
    sockets: dict[int, Any] = {}
    server = create_server(
        app,
        map=sockets,
        sockets=[listener],
        threads=threads,
        backlog=BACKLOG,
        ident=None,
        channel_timeout=60,
        max_request_body_size=LARGEST_BODY,
        clear_untrusted_proxy_headers=False,  # ProxyFix believes as many as TRUSTED_PROXIES says, and no more
    )
    stopping = stop_signal()
    while not stopping.is_set():
        wasyncore.loop(timeout=0.5, map=sockets, count=1, use_poll=True)
    server.accepting = False
    deadline = time.monotonic() + shutdown_seconds
    while _is_answering(server) and time.monotonic() < deadline:
        wasyncore.loop(timeout=0.05, map=sockets, count=1, use_poll=True)


def _is_answering(server: Any) -> bool:
    """True while a request is being handled or a response has not been sent completely."""
    dispatcher = server.task_dispatcher
    unsent = any(channel.requests or channel.total_outbufs_len for channel in server.active_channels.values())
    return bool(dispatcher.active_count or dispatcher.queue or unsent)


def _serve_in_several(app: Any, listener: socket.socket, workers: int, threads: int, shutdown_seconds: int) -> None:
    """Fork processes that share the socket, and replace those that die."""

    def start() -> int:
        child = fork()
        if not child:
            try:
                die_with_parent(parent)  # or it would keep the port from the one that is started again
                _serve(app, listener, threads, shutdown_seconds)
            finally:
                os._exit(0)
        return child

    parent = os.getpid()
    share_loaded_modules()
    stopping = stop_signal()
    children = {start() for _ in range(workers)}
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
