"""The edge of every request that changes something: one commit, after all that the view did."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, make_response

from services.registration.models import db

V = TypeVar("V", bound=Callable[..., Any])


def in_transaction(view: V) -> V:
    """Commit what a view changed if it succeeds (a status below 400), and roll it back if it refuses."""

    @wraps(view)
    def committing(*args: Any, **kwargs: Any) -> Response:
        response = make_response(view(*args, **kwargs))
        end_transaction(response)
        return response

    return cast("V", committing)


def end_transaction(response: Response) -> None:
    """Commit for an answer that succeeded, roll back for one that refused. Raises IntegrityError."""
    if response.status_code < 400:
        db.session.commit()
    else:
        db.session.rollback()
