"""The class of the API's blueprints: reads bodies strictly; its decorators add to the OpenAPI description."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from flask import Request, request
from flask_smorest import Blueprint  # type: ignore[import-untyped]
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

from services.registration.web.applications import InvalidFields

V = TypeVar("V", bound=Callable[..., Any])

BODY_FAILS = (400, 413, 415)


class StrictParser(FlaskParser):
    """Reads bodies, which must be JSON objects, and query strings. Unknown fields and parameters are rejected."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:
        return json_object() if req.get_data() else {}

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        by_location = error.normalized_messages()
        raise InvalidFields({field: text for found in by_location.values() for field, text in _flat(found)})


class ApiBlueprint(Blueprint):  # type: ignore[misc]
    """A part of the API. Its decorators add to the API's description."""

    ARGUMENTS_PARSER = StrictParser()

    def route(self, rule: str, **options: Any) -> Callable[[V], V]:
        """Serve a view; its name is the operation's id."""
        serve = super().route(rule, **options)

        def named(view: V) -> V:
            return cast("V", serve(self.doc(operationId=view.__name__)(view)))

        return named

    def arguments(self, schema: Any, location: str = "json", **options: Any) -> Callable[[V], V]:
        """Read the body or the query string by a schema."""
        read = super().arguments(schema, location=location, **options)

        def reading(view: V) -> V:
            return fails_with(*(BODY_FAILS if location == "json" else ()))(cast("V", read(view)))

        return reading

    if TYPE_CHECKING:  # flask-smorest says nothing of its types

        def response(self, status: int, schema: Any = None, **options: Any) -> Callable[[V], V]: ...
        def alt_response(self, status: int, response: str) -> Callable[[V], V]: ...
        @staticmethod
        def doc(**description: Any) -> Callable[[V], V]: ...


def fails_with(*statuses: int) -> Callable[[V], V]:
    """Add these error statuses of an operation to the API's description."""

    def describe(view: V) -> V:
        for status in statuses:
            view = _describing.alt_response(status, HTTPStatus(status).name)(view)
        return view

    return describe


def json_object() -> dict[str, Any]:
    """The body as a JSON object. Raises BadRequest, and UnsupportedMediaType for anything but JSON."""
    try:
        body = request.get_json()
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    return body


def _flat(found: Mapping[Any, Any], path: str = "") -> list[tuple[str, str]]:
    """Nested messages by dotted path: {"sessions": {0: {"ends_at": [...]}}} is about sessions.0.ends_at."""
    flat: list[tuple[str, str]] = []
    for key, inner in found.items():
        here = f"{path}{key}" if key != "_schema" else path.rstrip(".")
        flat += _flat(inner, f"{here}.") if isinstance(inner, dict) else [(here, " ".join(inner))]
    return flat


_describing = ApiBlueprint("describing", __name__)
