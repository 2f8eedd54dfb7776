"""The API's door: who is there, what they sent, and an answer that is the same when they ask again."""

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from flask import Request, Response, g, jsonify, request
from flask_smorest import Blueprint  # type: ignore[import-untyped]
from marshmallow import RAISE, Schema, ValidationError
from sqlalchemy.exc import IntegrityError
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, Unauthorized

from services.registration import access, repeats
from services.registration.api.problems import tell_of_problems
from services.registration.applications import Unusable
from services.registration.models import db
from services.registration.timeline import REGISTRANT, Actor

V = TypeVar("V", bound=Callable[..., Any])

PREFIX = "/api/v1"
BODY_FAILS = (400, 413, 415)
KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "maxLength": repeats.LONGEST_KEY},
    "description": "Any text of your own. The same request with the same key is carried out once within 24 hours, "
    "and answered the same each time.",
}


class StrictParser(FlaskParser):
    """Reads bodies that must be JSON objects, and addresses that hold only what we know."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:
        return json_object() if req.get_data() else {}

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        by_location = error.normalized_messages()
        raise Unusable({field: text for found in by_location.values() for field, text in _flat(found)})


class Door(Blueprint):  # type: ignore[misc]
    """A part of the API. What its decorators know goes into the API's description."""

    ARGUMENTS_PARSER = StrictParser()

    def route(self, rule: str, **options: Any) -> Callable[[V], V]:
        """Serve a view; its name is the operation's id."""
        serve = super().route(rule, **options)

        def named(view: V) -> V:
            return cast("V", serve(self.doc(operationId=view.__name__)(view)))

        return named

    def arguments(self, schema: Any, location: str = "json", **options: Any) -> Callable[[V], V]:
        """Read the body, or what follows the address, by a schema."""
        read = super().arguments(schema, location=location, **options)

        def reading(view: V) -> V:
            return fails_with(*(BODY_FAILS if location == "json" else ()))(cast("V", read(view)))

        return reading

    if TYPE_CHECKING:  # flask-smorest says nothing of its types

        def response(self, status: int, schema: Any = None, **options: Any) -> Callable[[V], V]: ...
        def alt_response(self, status: int, response: str) -> Callable[[V], V]: ...
        @staticmethod
        def doc(**description: Any) -> Callable[[V], V]: ...


def door(name: str, description: str) -> Door:
    """A part of the API, under its prefix."""
    blueprint = Door(name, __name__, url_prefix=PREFIX, description=description)
    blueprint.before_request(_meet)
    blueprint.after_request(_keep_private)
    tell_of_problems(blueprint)
    return blueprint


def is_organiser() -> bool:
    """Whether the request came with an organiser's key."""
    return g.api_key is not None


def acting() -> Actor:
    """Who is doing this, for the timeline."""
    return Actor("api", str(g.api_key.id)) if is_organiser() else REGISTRANT


def fails_with(*statuses: int) -> Callable[[V], V]:
    """Say in the API's description which problems an operation answers with."""

    def describe(view: V) -> V:
        for status in statuses:
            view = _describing.alt_response(status, HTTPStatus(status).name)(view)
        return view

    return describe


def open_to_all(view: V) -> V:
    """Say in the API's description that an organiser's key is welcome and not needed."""
    return Door.doc(security=[{}, {"key": []}])(fails_with(401)(view))


def organisers_only(view: V) -> V:
    """Ask for an organiser's key, and say so in the API's description."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not is_organiser():
            _ask_for_key("This part of the API is for organisers: send Authorization: Bearer KEY.")
        return view(*args, **kwargs)

    return Door.doc(security=[{"key": []}])(fails_with(401)(cast("V", guarded)))


def repeatable(view: V) -> V:
    """Carry out once what comes with the same Idempotency-Key, and give the same answer again for a day.

    The answer is kept, and committed, in the transaction that the view left open, if it did. Only what
    succeeded is kept. A key belongs to its caller and its address: nobody reads another's answer.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Response:
        key = _idempotency_key()
        if key is None:
            response = _answer(view, args, kwargs)
            db.session.commit()
            return response
        caller = f"{g.api_key.id if is_organiser() else 'public'} {request.method} {request.path}"
        scope = hashlib.sha256(caller.encode()).hexdigest()[:40]
        body = json_object() if request.get_data() else None
        kept = repeats.answer_kept(scope, key, body)
        if kept is not None:
            return _again(*kept)
        try:
            response = _answer(view, args, kwargs)
            repeats.keep_answer(scope, key, body, response.status_code, response.get_json() or {})
            db.session.commit()
        except IntegrityError:  # the same request, sent twice at once
            db.session.rollback()
            kept = repeats.answer_kept(scope, key, body)
            if kept is None:
                raise
            return _again(*kept)
        return response

    return Door.doc(parameters=[KEY_HEADER])(fails_with(400, 422)(cast("V", once)))


def json_object() -> dict[str, Any]:
    """The body as a JSON object. Raises BadRequest, and UnsupportedMediaType for anything but JSON."""
    try:
        body = request.get_json()
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    return body


def _meet() -> None:
    """Look at the caller's key. One that opens nothing is refused everywhere."""
    g.api_key = None
    header = request.headers.get("Authorization")
    if header is None:
        return
    scheme, _, key = header.partition(" ")
    g.api_key = access.api_key(key.strip()) if scheme.lower() == "bearer" else None
    if g.api_key is None:
        _ask_for_key("This key is not one of ours, or was revoked.")


def _ask_for_key(sentence: str) -> NoReturn:
    raise Unauthorized(sentence, www_authenticate=WWWAuthenticate("bearer", {"realm": "Placecard"}))


def _keep_private(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Vary"] = "Authorization"
    return response


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(rf"[\x21-\x7e]{{1,{repeats.LONGEST_KEY}}}", key):
        raise BadRequest(f"An Idempotency-Key is 1 to {repeats.LONGEST_KEY} printable ASCII characters without spaces.")
    return key


def _answer(view: Callable[..., Any], args: Any, kwargs: Any) -> Response:
    response: Response = view(*args, **kwargs)
    return response


def _again(status: int, answer: dict[str, Any]) -> Response:
    response = jsonify(answer) if answer else Response()  # 204 has no content, which is kept as {}
    response.status_code = status
    return response


def _flat(found: Mapping[Any, Any], path: str = "") -> list[tuple[str, str]]:
    """Nested messages by dotted path: {"sessions": {0: {"ends_at": [...]}}} is about sessions.0.ends_at."""
    flat: list[tuple[str, str]] = []
    for key, inner in found.items():
        here = f"{path}{key}" if key != "_schema" else path.rstrip(".")
        flat += _flat(inner, f"{here}.") if isinstance(inner, dict) else [(here, " ".join(inner))]
    return flat


_describing = Door("describing", __name__)
