"""Authentication of the API: organisers send a key, the public sends none."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, TypeVar, cast

from flask import g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from services.registration.api.endpoints import ApiBlueprint, fails_with
from services.registration.operations import organisers
from services.registration.operations.timeline import REGISTRANT, Actor

V = TypeVar("V", bound=Callable[..., Any])


def authenticate() -> None:
    """Authenticate the API key. An invalid key is rejected even on public endpoints."""
    g.api_key = None
    header = request.headers.get("Authorization")
    if header is None:
        return
    scheme, _, key = header.partition(" ")
    g.api_key = organisers.api_key(key.strip()) if scheme.lower() == "bearer" else None
    if g.api_key is None:
        _require_key("This API key is not valid, or was revoked.")


def is_organiser() -> bool:
    """True if the request came with an organiser's key."""
    return g.api_key is not None


def acting() -> Actor:
    """The caller, for the timeline."""
    return Actor("api", str(g.api_key.id)) if is_organiser() else REGISTRANT


def open_to_all(view: V) -> V:
    """Mark the view in the API's description as public: an organiser's key is optional."""
    return ApiBlueprint.doc(security=[{}, {"key": []}])(fails_with(401)(view))


def organisers_only(view: V) -> V:
    """Require an organiser's key, and say so in the API's description."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not is_organiser():
            _require_key("This part of the API is for organisers: send Authorization: Bearer KEY.")
        return view(*args, **kwargs)

    return ApiBlueprint.doc(security=[{"key": []}])(fails_with(401)(cast("V", guarded)))


def _require_key(sentence: str) -> NoReturn:
    raise Unauthorized(sentence, www_authenticate=WWWAuthenticate("bearer", {"realm": "Placecard"}))
