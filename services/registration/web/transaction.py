"""The transaction of a request: one commit, after the view."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, make_response

from services.registration.models import db

V = TypeVar("V", bound=Callable[..., Any])


def in_transaction(view: V) -> V:
    """Commit a view's changes if its status is below 400; otherwise roll them back."""

    @wraps(view)
    def committing(*args: Any, **kwargs: Any) -> Response:
        response = make_response(view(*args, **kwargs))
        end_transaction(response)
        return response

    return cast("V", committing)


def end_transaction(response: Response) -> None:
    """Commit for a status below 400, else roll back. Raises IntegrityError."""
    if response.status_code < 400:
        db.session.commit()
    else:
        db.session.rollback()
