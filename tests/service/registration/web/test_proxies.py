"""Behind proxies: each visitor is known by their own address, and nobody can claim another."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse

import pytest
from flask import request

from services.registration import create_app
from services.registration.web.rate_limits import limiter
from tests.support.web_servers import CLIENT, Proxy, WebServer

ANN = {"name": "Ann Example", "email": "ann@example.org", "consents": ["privacy"]}


@contextmanager
def behind(settings: dict[str, str], proxies: int) -> Iterator[int]:
    """The port of the outermost proxy before the service."""
    app = create_app(
        settings | {"TRUSTED_PROXIES": str(proxies), "RATE_LIMIT": "3/minute", "BROKER_URL": "amqp://127.0.0.1:1/"}
    )
    app.add_url_rule("/seen", "seen", lambda: {"address": request.remote_addr, "url": request.url})
    with ExitStack() as running, app.app_context():
        limiter.reset()
        port = running.enter_context(WebServer(app, behind_proxies=proxies > 0)).port
        for number in range(proxies):
            port = running.enter_context(Proxy(port, name=f"203.0.113.{number}")).port
        yield port
        app.extensions["sqlalchemy"].engine.dispose()


def register(port: int, event: str, address: str, **headers: str) -> int:
    return send(port, "POST", f"/api/v1/events/{event}/registrations", json.dumps(ANN), {CLIENT: address, **headers})[0]


def send(port: int, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, headers | {"Content-Type": "application/json"})
        answer: HTTPResponse = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("proxies", [1, 2])
def test_visitors_are_limited_by_their_own_addresses(settings: dict[str, str], event: str, proxies: int) -> None:
    with behind(settings, proxies) as port:
        assert {register(port, event, f"198.51.100.{number}") for number in range(8)} == {201}


@pytest.mark.parametrize("proxies", [1, 2])
def test_a_visitor_who_forges_addresses_is_limited_by_their_own(
    settings: dict[str, str], event: str, proxies: int
) -> None:
    with behind(settings, proxies) as port:
        forged = [{"X-Forwarded-For": f"192.0.2.{number}"} for number in range(6)]
        answers = [register(port, event, "198.51.100.8", **headers) for headers in forged]
        assert answers == [201] * 3 + [429] * 3


def test_an_ipv6_visitor_is_limited_by_their_network(settings: dict[str, str], event: str) -> None:
    with behind(settings, 1) as port:
        answers = [register(port, event, f"2001:db8:1:2::{number}") for number in range(6)]
        assert answers == [201] * 3 + [429] * 3
        assert register(port, event, "2001:db8:1:3::1") == 201


def test_nothing_that_a_visitor_says_counts_without_a_proxy(settings: dict[str, str], event: str) -> None:
    with behind(settings, 0) as port:
        forged = [{"X-Forwarded-For": f"192.0.2.{number}"} for number in range(6)]
        answers = [register(port, event, "198.51.100.8", **headers) for headers in forged]
        assert answers == [201] * 3 + [429] * 3


@pytest.mark.parametrize("proxies", [1, 2])
def test_scheme_and_host_come_through(settings: dict[str, str], event: str, proxies: int) -> None:
    with behind(settings, proxies) as port:
        _, body = send(port, "GET", "/seen", "", {CLIENT: "198.51.100.8"})
        assert json.loads(body) == {"address": "198.51.100.8", "url": "https://events.example.org/seen"}
