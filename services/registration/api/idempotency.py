"""The Idempotency-Key header: a request with the same key is carried out once."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, g, jsonify, make_response, request
from werkzeug.exceptions import BadRequest

from services.registration.api.authentication import is_organiser
from services.registration.api.endpoints import ApiBlueprint, fails_with, json_object
from services.registration.models import db
from services.registration.web import idempotency
from services.registration.web.transaction import end_transaction

V = TypeVar("V", bound=Callable[..., Any])

KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "maxLength": idempotency.LONGEST_KEY},
    "description": "Any text of your own. A request with the same key is carried out once within 24 hours; "
    "retries get the same response.",
}


def idempotent(view: V) -> V:
    """Carry out requests with the same Idempotency-Key once, and give retries the same response for a day.

    The response is stored in the transaction of the view's changes, and only if it is a success. A key belongs
    to its caller, method and path: nobody reads another's response.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Response:
        key = _idempotency_key()
        scope, body = _scope(), json_object() if key and request.get_data() else None
        if key and (kept := idempotency.stored_answer(scope, key, body)):
            return _again(*kept)
        try:
            response = make_response(view(*args, **kwargs))
            if key and response.status_code < 400:
                idempotency.store_answer(scope, key, body, response.status_code, response.get_json(silent=True) or {})
            end_transaction(response)
        except Exception:
            db.session.rollback()
            if key and (kept := idempotency.stored_answer(scope, key, body)):
                return _again(*kept)  # the same request, sent twice at the same time, was carried out meanwhile
            raise
        return response

    return ApiBlueprint.doc(parameters=[KEY_HEADER])(fails_with(400, 422)(cast("V", once)))


def _scope() -> str:
    caller = f"{g.api_key.id if is_organiser() else 'public'} {request.method} {request.path}"
    return hashlib.sha256(caller.encode()).hexdigest()[:40]


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    longest = idempotency.LONGEST_KEY
    if key is not None and not re.fullmatch(rf"[\x21-\x7e]{{1,{longest}}}", key):
        raise BadRequest(f"An Idempotency-Key is 1 to {longest} printable ASCII characters without spaces.")
    return key


def _again(status: int, answer: dict[str, Any]) -> Response:
    response = jsonify(answer) if answer else Response()  # 204 has no content, which is kept as {}
    response.status_code = status
    return response
