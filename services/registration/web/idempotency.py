"""Idempotency keys: the answer to a request is kept for a day, and a retry gets it again."""

import hashlib
import json
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import make_response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from services.registration.models import IdempotencyKey, db
from services.registration.web.transaction import in_transaction
from shared.database.session import insert_at_commit, write_deferred
from shared.database.utc import now

LONGEST_KEY = 150
FORM_KEY = "form_key"
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
    """Carry out a form once, and commit; a repeat of the same form is redirected to where the first one led.

    The form's key is kept in the transaction of what the view changes. A form that was refused may be sent again,
    and one without a key is carried out each time.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        key = request.form.get(FORM_KEY, "")[:LONGEST_KEY]
        if not key:
            return in_transaction(view)(*args, **kwargs)
        scope = f"form {digest(request.path)[:32]}"
        fallback = request.path.rpartition("/")[0]
        kept = stored_answer(scope, key, None)
        if kept is not None:
            return redirect(kept[1]["location"], 303)
        try:
            store_answer(scope, key, None, 303, {"location": fallback})
            write_deferred(db.session)
        except IntegrityError:  # the same form, sent twice at the same time
            db.session.rollback()
            return redirect(fallback, 303)
        response = make_response(view(*args, **kwargs))
        if response.status_code == 303:
            db.session.get_one(IdempotencyKey, f"{scope} {key}").answer = {"location": response.location}
            db.session.commit()
        else:
            db.session.rollback()
        return response

    return cast("V", once)
