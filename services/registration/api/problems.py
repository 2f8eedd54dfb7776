"""Errors as problem details (RFC 9457), for every path of the API."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, request
from flask_limiter import RateLimitExceeded
from marshmallow import Schema, fields
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException, default_exceptions
from werkzeug.http import HTTP_STATUS_CODES

from services.registration.exports import UnknownColumn
from services.registration.operations.events import NameTaken, NotADraft
from services.registration.queries.pages import BadCursor
from services.registration.rules.event_states import SENTENCES as SENTENCES_OF_STATES
from services.registration.rules.event_states import EventState, RegistrationClosed
from services.registration.rules.places import EventIsFull, NotActive
from services.registration.web.applications import InvalidFields
from services.registration.web.idempotency import KeyReused
from services.registration.web.rate_limits import seconds_to_wait

MEDIA_TYPE = "application/problem+json"
UNUSABLE = "Some fields are not valid: see `errors`."
SENTENCES = {
    400: "The request could not be read: its body must be valid JSON.",
    404: "There is no such path.",
    405: "This path does not take this method; the Allow header has those it takes.",
    413: "The body is larger than 256 KiB.",
    415: "Send the body as JSON, with Content-Type: application/json.",
    500: "Something went wrong on our side.",
}


class Problem(Schema):
    """An error, for a program and for a person (RFC 9457)."""

    type = fields.String(metadata={"description": "Always `about:blank`: the status says what kind of problem it is."})
    title = fields.String(metadata={"description": "The status in words.", "example": "Unprocessable Entity"})
    status = fields.Integer(metadata={"description": "The HTTP status.", "example": 422})
    detail = fields.String(metadata={"description": "A sentence about this request.", "example": UNUSABLE})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={
            "description": "Only with 422: sentences by field.",
            "example": {"email": ["Enter your e-mail address."]},
        },
    )


def problem(
    status: int,
    detail: str,
    errors: Mapping[str, list[str]] | None = None,
    headers: list[tuple[str, str]] | None = None,
) -> Response:
    """The response for an error."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES.get(status, "Unknown Error"),
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type=MEDIA_TYPE)
    response.headers.extend(headers or [])
    return response


def handle_errors(blueprint: Blueprint) -> None:
    """Answer every error in this blueprint's views with a problem."""
    for status in default_exceptions:
        blueprint.register_error_handler(status, _of_http)
    blueprint.register_error_handler(InvalidFields, _of_fields)
    blueprint.register_error_handler(EventIsFull, _always(409, SENTENCES_OF_STATES[EventState.FULL]))
    blueprint.register_error_handler(RegistrationClosed, _of_state)
    blueprint.register_error_handler(
        NotActive, _always(409, "The registration is cancelled, or the event is cancelled or over.")
    )
    blueprint.register_error_handler(NotADraft, _always(409, "Only a draft can be deleted. Cancel this event instead."))
    blueprint.register_error_handler(NameTaken, _always(409, "Another event has this slug already."))
    blueprint.register_error_handler(
        IntegrityError, _always(409, "This was changed at the same time by another request. Try again.")
    )
    blueprint.register_error_handler(KeyReused, _always(422, "This Idempotency-Key was used for another request."))
    blueprint.register_error_handler(BadCursor, _in_field("cursor"))
    blueprint.register_error_handler(UnknownColumn, _in_field("columns"))


def handle_routing_errors(app: Flask) -> None:
    """Answer routing errors under /api with a problem: Flask calls no blueprint's handlers for them."""

    @app.before_request
    def answer() -> Response | None:
        error = request.routing_exception
        if not request.path.startswith("/api/") or error is None or (error.code or 0) < 400:
            return None
        return _of_http(error)


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    headers = [(name, value) for name, value in error.get_headers(request.environ) if name.lower() != "content-type"]
    if isinstance(error, RateLimitExceeded):
        headers.append(("Retry-After", str(seconds_to_wait())))
        return problem(
            status,
            "Too many requests. Try again after the seconds in Retry-After.",
            headers=headers,
        )
    own_sentence = error.description if error.description != type(error).description else None
    return problem(status, own_sentence or SENTENCES.get(status, error.name), headers=headers)


def _of_state(error: RegistrationClosed) -> Response:
    return problem(409, SENTENCES_OF_STATES[error.state])


def _of_fields(error: InvalidFields) -> Response:
    return problem(422, UNUSABLE, {field: [sentence] for field, sentence in error.errors.items()})


def _always(status: int, sentence: str) -> Callable[[Exception], Response]:
    return lambda _: problem(status, sentence)


def _in_field(field: str) -> Callable[[Exception], Response]:
    return lambda error: problem(422, UNUSABLE, {field: [str(error)]})
