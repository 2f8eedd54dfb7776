"""Synchronous calls between services. They change nothing: whatever must happen goes through the outbox.

A call posts a message as JSON to a URL of the other service. Its token is signed for this one body and is valid for
a minute, so only our own services can call.
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
    """The other service did not answer the call. The message is a sentence for the person who waits."""


def call_service(url: str, question: Message, answer: type[M]) -> M:
    """Call the service at `url`. Raises ServiceCallFailed if it is down, refuses, or answers with another message."""
    body = json.dumps(encode(question)).encode()
    token = tokens.sign(_secret(), Purpose.SERVICE_CALL, _digest(body), now() + VALID_FOR)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    try:
        opener = build_opener(ProxyHandler({}))  # our own services are never behind a proxy
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
    """The message in the current request. Aborts with 401 if the caller is not one of our services."""
    body = request.get_data()
    given = request.authorization.token if request.authorization else None
    try:
        if tokens.read(_secret(), Purpose.SERVICE_CALL, given or "") != _digest(body):
            raise BadToken("The token was signed for another body.")
        found = decode(question.wire_name, question.wire_version, json.loads(body))
    except BadToken:
        abort(401)
    except (ValueError, UnreadableMessage):
        abort(400)
    assert isinstance(found, question)
    return found


def refuse_call(sentence: str) -> tuple[dict[str, str], int]:
    """The response to a call that cannot be answered, with a reason for the person who waits."""
    return {"reason": sentence}, 422


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["reason"])
    except (ValueError, KeyError, TypeError):
        return "A part of Placecard refused to answer."


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])
