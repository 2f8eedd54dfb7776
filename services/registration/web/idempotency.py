"""Idempotency keys: the response to a request is stored for a day, and retries get it again."""

import hashlib
import json
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, flash, get_flashed_messages, make_response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException

from services.registration.models import IdempotencyKey, db
from services.registration.web.forms import RETURNED
from services.registration.web.transaction import in_transaction
from shared.database.session import defer_insert
from shared.database.utc import now

FORM_KEY = "form_key"
LONGEST_KEY = 150
V = TypeVar("V", bound=Callable[..., ResponseReturnValue])


class KeyReused(Exception):
    """The key was used for another request before."""


def stored_answer(scope: str, key: str, request: Any) -> tuple[int, dict[str, Any]] | None:
    """The stored status and answer of this request, if any. Raises KeyReused."""
    kept = db.session.get(IdempotencyKey, f"{scope} {key}")
    if kept is None:
        return None
    if kept.request_hash != digest(request):
        raise KeyReused
    return kept.status, kept.answer


def store_answer(scope: str, key: str, request: Any, status: int, answer: dict[str, Any]) -> None:
    """Store an answer in the current transaction. Of two concurrent requests, the second fails to commit."""
    defer_insert(
        db.session,
        IdempotencyKey,
        key=f"{scope} {key}",
        request_hash=digest(request),
        status=status,
        answer=answer,
        created_at=now(),
    )


def digest(request: Any) -> str:
    """A digest of a request's content."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()


def new_form_key() -> str:
    """A key for one form on one page."""
    return secrets.token_urlsafe(12)


def idempotent_form(view: V) -> V:
    """Process a form once, and commit. A retry with the same path and fields is redirected to the first result.

    Only a 303 is stored, in the transaction of the view's changes, so that of two concurrent requests one fails to
    commit. Any other response is rolled back, and the form may be sent again. A form without a key is processed each
    time. A form that comes back after a sign-in changes nothing: it is shown again, or was a button only.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        sent = request.form.to_dict(flat=False)
        if RETURNED in sent:
            return _without_effect(make_response(view(*args, **kwargs)))
        if FORM_KEY not in sent:
            return in_transaction(view)(*args, **kwargs)
        scope, key = f"form {digest(request.path)[:32]}", digest(sent)
        try:
            response = make_response(view(*args, **kwargs))
            if response.status_code == 303:
                store_answer(scope, key, None, 303, {"location": response.location})
                db.session.commit()
                return response
            db.session.rollback()
        except (IntegrityError, HTTPException):
            db.session.rollback()
            if (first := _first_result(scope, key)) is None:
                raise
            return first
        return _first_result(scope, key) or response

    return cast("V", once)


def _without_effect(response: Response) -> Response:
    db.session.rollback()
    if response.status_code == 303:
        get_flashed_messages()  # what the view has said of its changes
        flash("You had been signed out, and nothing has been done yet. Please try again.", "problem")
    return response


def _first_result(scope: str, key: str) -> Response | None:
    """The redirect to the result of the first submission, if this one is a retry."""
    kept = stored_answer(scope, key, None)
    if kept is None:
        return None
    get_flashed_messages()  # the retry's, which was rolled back
    return make_response(redirect(kept[1]["location"], 303))
