"""The Caddyfile that we publish, in a real Caddy."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from flask import Flask, request

from shared.runtime.ports import accepts, free_port
from shared.web.proxies import TrustedProxies
from tests.support.machine import ROOT, eventually
from tests.support.web_servers import WebServer

CADDY = shutil.which("caddy")


def service(name: str) -> Flask:
    """A service that says what it sees of a request."""
    app = Flask(name)
    app.wsgi_app = TrustedProxies(app.wsgi_app, 1)  # type: ignore[method-assign]
    app.add_url_rule(
        "/<path:path>",
        "see",
        lambda path: {"service": name, "address": request.remote_addr, "url": request.url, "path": path},
        methods=["GET", "POST"],
    )
    return app


@contextmanager
def caddy(folder: Path, **upstreams: int) -> Iterator[int]:
    """The port of a Caddy in front of these services."""
    if CADDY is None:
        pytest.skip("caddy is not on PATH")
    port = free_port()
    hosts = {name.upper(): f"127.0.0.1:{upstream}" for name, upstream in upstreams.items()}
    process = subprocess.Popen(
        [CADDY, "run", "--config", str(ROOT / "docs/deploy/Caddyfile"), "--adapter", "caddyfile"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "SITE": f"http://:{port}", **hosts},
        stdout=subprocess.DEVNULL,
        stderr=(folder / "caddy.log").open("wb"),
    )
    try:
        eventually(lambda: accepts(port), "Caddy did not start")
        yield port
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with ExitStack() as running:
        names = ("registration", "calendar", "notifications")
        ports = {name: running.enter_context(WebServer(service(name), behind_proxies=True)).port for name in names}
        yield running.enter_context(caddy(tmp_path, **ports))


def seen(port: int, path: str, **headers: str) -> dict[str, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Host": "events.example.org", **headers})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert isinstance(answer, dict)
    return answer


@pytest.mark.parametrize(
    ("path", "service_name"),
    [("/events/spring", "registration"), ("/calendar/feed.ics", "calendar"), ("/mail/healthz", "notifications")],
)
def test_each_path_reaches_its_service(port: int, path: str, service_name: str) -> None:
    assert seen(port, path)["service"] == service_name


def test_the_visitors_own_address_and_host_come_through_whatever_they_claim(port: int) -> None:
    claimed = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "other.example", "X-Forwarded-Proto": "https"}
    found = seen(port, "/events/spring", **claimed)
    assert (found["address"], found["url"]) == ("127.0.0.1", "http://events.example.org/events/spring")
