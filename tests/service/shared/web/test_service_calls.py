"""Questions between services: only ours may ask, and no answer is taken for one that is none."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.typing import ResponseReturnValue

from shared.contracts import encode
from shared.contracts.receipts import Outcome, Settled
from shared.database.utc import now
from shared.web import service_calls
from shared.web.service_calls import ServiceCallFailed
from tests.support.service_calls import signed
from tests.support.web_server import served

QUESTION = Settled(message_id="1", outcome=Outcome.SENT, at=now())


@pytest.fixture
def app() -> Iterator[Flask]:
    """A service that answers a question with itself."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "a secret for tests only"

    @app.post("/echo")
    def echo() -> ResponseReturnValue:
        return encode(service_calls.read_call(Settled))

    @app.post("/no")
    def no() -> ResponseReturnValue:
        return service_calls.refuse_call("It cannot be.")

    with app.app_context():
        yield app


def test_a_question_is_answered(app: Flask) -> None:
    with served(app) as address:
        assert service_calls.call_service(f"{address}/echo", QUESTION, Settled) == QUESTION


def test_a_refusal_says_why(app: Flask) -> None:
    with served(app) as address, pytest.raises(ServiceCallFailed, match="It cannot be"):
        service_calls.call_service(f"{address}/no", QUESTION, Settled)


def test_an_old_question_is_not_answered(app: Flask) -> None:
    body = json.dumps(encode(QUESTION))
    headers = signed(app, body)
    assert app.test_client().post("/echo", data=body, headers=headers).status_code == 200
    with time_machine.travel(now().timestamp() + 90):
        assert app.test_client().post("/echo", data=body, headers=headers).status_code == 401


def answering(status: str, body: bytes) -> Callable[..., Iterable[bytes]]:
    def other(_: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response(status, [("Content-Type", "text/html")])
        return [body]

    return other


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", b"<p>Not what was asked"),
        ("200 OK", b"{}"),
        ("200 OK", b"[]"),
        ("500 No", b"<p>Oh"),
        ("401 No", b"null"),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(status: str, body: bytes) -> None:
    with served(answering(status, body)) as address, pytest.raises(ServiceCallFailed, match="A part of Placecard"):
        service_calls.call_service(f"{address}/echo", QUESTION, Settled)
