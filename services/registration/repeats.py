"""Requests that are safe to repeat: the answer to a key is kept for a day and given again."""

import hashlib
import json
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from services.registration.models import IdempotencyKey, db
from shared.appending import append, write_appended
from shared.clock import now

LONGEST_KEY = 150
FORM_KEY = "form_key"
V = TypeVar("V", bound=Callable[..., ResponseReturnValue])


class KeyReused(Exception):
    """The same key came with another request."""


def answer_kept(scope: str, key: str, request: Any) -> tuple[int, dict[str, Any]] | None:
    """The status and answer given to this request before. Raises KeyReused where it was another request."""
    kept = db.session.get(IdempotencyKey, f"{scope} {key}")
    if kept is None:
        return None
    if kept.request_hash != digest(request):
        raise KeyReused
    return kept.status, kept.answer


def keep_answer(scope: str, key: str, request: Any, status: int, answer: dict[str, Any]) -> None:
    """Keep an answer, in the transaction that made it true. Two at once: the second fails to commit."""
    append(
        db.session,
        IdempotencyKey,
        key=f"{scope} {key}",
        request_hash=digest(request),
        status=status,
        answer=answer,
        created_at=now(),
    )


def digest(request: Any) -> str:
    """A short text that is the same for the same request."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()


def fresh_form_key() -> str:
    """A key for one form on one page, so that sending it twice does it once."""
    return secrets.token_urlsafe(12)


def form_sent_once(view: V) -> V:
    """Carry a form out once, however often it is sent: a repeat is only led to where the first one led.

    The form's key is kept in the same transaction as what the view changes. A form that was refused
    may be sent again, and one without a key is carried out each time.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        key = request.form.get(FORM_KEY, "")[:LONGEST_KEY]
        if not key:
            return view(*args, **kwargs)
        scope = f"sent {digest(request.path)[:32]}"
        kept = answer_kept(scope, key, None)
        if kept is not None:
            return redirect(kept[1]["led_to"], 303)
        try:
            keep_answer(scope, key, None, 303, {"led_to": request.path.rpartition("/")[0]})
            write_appended(db.session)
        except IntegrityError:  # the same form, sent twice at once
            db.session.rollback()
            return redirect(request.path.rpartition("/")[0], 303)
        response = view(*args, **kwargs)
        if isinstance(response, Response) and response.status_code == 303:
            db.session.get_one(IdempotencyKey, f"{scope} {key}").answer = {"led_to": response.location}
            db.session.commit()
        else:
            db.session.rollback()
        return response

    return cast("V", once)
