"""Questions between services: answered at once, and changing nothing. What must happen goes by the queue.

A question is a message, sent as JSON to an address of the other service. It carries a token that was signed
for this one question and lasts a minute, so that nobody but our own services can call_service.
"""

import hashlib
import json
from datetime import timedelta
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from flask import abort, current_app, request

from shared.contracts import Message, UnreadableMessage, decode, encode
from shared.database.utc import now
from shared.web import tokens
from shared.web.tokens import BadToken, Purpose

LONGEST_WAIT_SECONDS = 5
VALID_FOR = timedelta(minutes=1)

M = TypeVar("M", bound=Message)


class ServiceCallFailed(Exception):
    """The other service gave no answer; the message is a sentence for whoever waits for it."""


def call_service(url: str, question: Message, answer: type[M]) -> M:
    """Ask the service at `url`. Raises ServiceCallFailed where it is away, refuses, or answers something else."""
    body = json.dumps(encode(question)).encode()
    token = tokens.sign(_secret(), Purpose.QUESTION, _digest(body), now() + VALID_FOR)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    try:
        opener = build_opener(ProxyHandler({}))  # it is ours, and never behind somebody's proxy
        with opener.open(Request(url, body, headers), timeout=LONGEST_WAIT_SECONDS) as response:  # noqa: S310
            found = decode(answer.wire_name, answer.wire_version, json.load(response))
    except HTTPError as error:
        with error:
            raise ServiceCallFailed(_reason(error.read())) from error
    except (URLError, OSError, ValueError, UnreadableMessage) as error:
        raise ServiceCallFailed("A part of Placecard does not answer just now. Try again in a minute.") from error
    assert isinstance(found, answer)
    return found


def read_call(question: type[M]) -> M:
    """The question that this request brings. Ends it with 401 where it is not from one of our services."""
    body = request.get_data()
    given = request.authorization.token if request.authorization else None
    try:
        if tokens.read(_secret(), Purpose.QUESTION, given or "") != _digest(body):
            raise BadToken("It was signed for another question.")
        found = decode(question.wire_name, question.wire_version, json.loads(body))
    except BadToken:
        abort(401)
    except (ValueError, UnreadableMessage):
        abort(400)
    assert isinstance(found, question)
    return found


def refuse_call(sentence: str) -> tuple[dict[str, str], int]:
    """The answer to a question that cannot be answered, with the reason for whoever waits for it."""
    return {"reason": sentence}, 422


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["reason"])
    except (ValueError, KeyError, TypeError):
        return "A part of Placecard refuse_call to answer."


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])
