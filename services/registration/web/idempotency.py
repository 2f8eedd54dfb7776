"""Idempotency keys: the answer to a request is kept for a day, and a retry gets it again."""

import hashlib
import json
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, get_flashed_messages, make_response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException

from services.registration.models import IdempotencyKey, db
from services.registration.web.transaction import in_transaction
from shared.database.session import insert_at_commit
from shared.database.utc import now

FORM_KEY = "form_key"
LONGEST_KEY = 150
V = TypeVar("V", bound=Callable[..., ResponseReturnValue])


class KeyReused(Exception):
    """The key was used for another request before."""


def stored_answer(scope: str, key: str, request: Any) -> tuple[int, dict[str, Any]] | None:
    """The status and the answer kept for this request, if any. Raises KeyReused."""
    kept = db.session.get(IdempotencyKey, f"{scope} {key}")
    if kept is None:
        return None
    if kept.request_hash != digest(request):
        raise KeyReused
    return kept.status, kept.answer


def store_answer(scope: str, key: str, request: Any, status: int, answer: dict[str, Any]) -> None:
    """Keep an answer in the current transaction. Of two at the same time, the second fails to commit."""
    insert_at_commit(
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
    """Carry out a form once, and commit; the same form sent again is redirected to where the first one led.

    A form is the same where everything in it is, its key included. It is carried out when its view answers with 303:
    the answer is kept in the transaction of what the view changed, so that of two at the same time one fails to
    commit. Whatever else the view answers is rolled back, and may be sent again. A form without a key is carried out
    each time.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        sent = request.form.to_dict(flat=False)
        if FORM_KEY not in sent:
            return in_transaction(view)(*args, **kwargs)
        scope, key = f"form {digest(request.path)[:32]}", digest(sent)
        refusal: Response | Exception
        try:
            refusal = make_response(view(*args, **kwargs))
            if refusal.status_code == 303:
                store_answer(scope, key, None, 303, {"location": refusal.location})
                db.session.commit()
                return refusal
        except (IntegrityError, HTTPException) as error:
            refusal = error
        db.session.rollback()
        kept = stored_answer(scope, key, None)
        if kept is not None:
            get_flashed_messages()  # those of the repeat, which did not happen
            return redirect(kept[1]["location"], 303)
        if isinstance(refusal, Exception):
            raise refusal
        return refusal

    return cast("V", once)
