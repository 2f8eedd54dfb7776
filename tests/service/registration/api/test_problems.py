"""What goes wrong in the API is told as problem details (RFC 9457), whatever it is."""

from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.registration import create_app
from tests.support.migrated import migrate

ADA = {"name": "Ada Example", "email": "ada@example.org", "consents": ["privacy"]}


def problem_of(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    problem: dict[str, Any] = response.get_json()
    assert problem.keys() >= {"type", "title", "status", "detail"}
    assert problem["status"] == status
    assert problem["detail"]
    return problem


def test_an_address_that_is_not_there(client: FlaskClient) -> None:
    problem_of(client.get("/api/v1/nothing"), 404)
    problem_of(client.get("/api/nothing"), 404)
    problem_of(client.get("/api/v1/events/nothing"), 404)
    problem_of(client.get("/api/v1/registrations/not-a-uuid"), 404)


def test_a_method_that_is_not_taken(client: FlaskClient, event: str) -> None:
    refused = client.put(f"/api/v1/events/{event}")

    problem_of(refused, 405)
    assert "PATCH" in refused.headers["Allow"]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'"text"', b"\xff", b"[" * 100_000, b'{"name": ' + b"9" * 5000 + b"}"]
)
def test_a_body_that_is_no_json_object(client: FlaskClient, event: str, body: bytes) -> None:
    sent = client.post(f"/api/v1/events/{event}/registrations", data=body, content_type="application/json")
    problem_of(sent, 400)


def test_a_body_that_does_not_say_it_is_json(client: FlaskClient, event: str) -> None:
    problem_of(client.post(f"/api/v1/events/{event}/registrations", data="{}"), 415)


def test_a_body_that_is_too_large(client: FlaskClient, event: str) -> None:
    large = ADA | {"name": "x" * 256 * 1024}
    problem_of(client.post(f"/api/v1/events/{event}/registrations", json=large), 413)


def test_a_mistake_of_ours(client: FlaskClient, event: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(import_module("services.registration.api.events"), "serialise_event", fail)
    problem = problem_of(client.get(f"/api/v1/events/{event}"), 500)
    assert "secret" not in problem["detail"]


def test_a_missing_page_elsewhere_stays_a_page(client: FlaskClient) -> None:
    assert client.get("/nothing").content_type.startswith("text/html")


@pytest.fixture
def limited(settings: dict[str, str]) -> Flask:
    """The same service, where an address may register twice a minute."""
    app = create_app(settings | {"RATE_LIMIT": "2/minute"})
    migrate(app)
    return app


def test_an_address_that_registers_too_often_waits(
    limited: Flask, event: str, bearer: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    client = limited.test_client()
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    address = f"/api/v1/events/{event}/registrations"

    for number in range(2):
        sent = client.post(address, json=ADA | {"email": f"{number}@example.org"}, environ_base=elsewhere)
        assert sent.status_code == 201
    refused = client.post(address, json=ADA, environ_base=elsewhere)
    problem_of(refused, 429)
    assert "192.0.2.7" not in capfd.readouterr().err
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert client.get(f"/api/v1/events/{event}", environ_base=elsewhere).status_code == 200
    assert client.post(address, json=ADA, environ_base=elsewhere, headers=bearer).status_code == 201
    assert client.post(address, json=ADA, environ_base={"REMOTE_ADDR": "192.0.2.8"}).status_code == 201


def test_the_form_and_the_api_share_one_limit(limited: Flask, event: str) -> None:
    client = limited.test_client()
    elsewhere = {"REMOTE_ADDR": "192.0.2.9"}

    for _ in range(2):
        assert client.post(f"/events/{event}", data={}, environ_base=elsewhere).status_code != 429
    problem_of(client.post(f"/api/v1/events/{event}/registrations", json=ADA, environ_base=elsewhere), 429)
