"""The API (version 1): JSON in and out, problems by RFC 9457, described by OpenAPI."""

from http import HTTPStatus
from inspect import getdoc
from typing import Any

from flask import Flask
from flask_smorest import Api  # type: ignore[import-untyped]

from services.registration.api import events, problems, programmes, reference, registrations
from services.registration.api.blueprint import PREFIX

__all__ = ["init_api"]

ABOUT = """\
Events, registrations, and the cohorts in which people are placed.

Anybody can read published events and register, without a key. Everything else is for organisers, who
send `Authorization: Bearer KEY`. Bodies are JSON objects of at most 256 KiB. Errors are problem details
(RFC 9457); a 422 lists messages by field in `errors`.
"""


class PlacecardApi(Api):  # type: ignore[misc]
    """flask-smorest, describing errors as problem details. `problems` handles the errors themselves."""

    ERROR_SCHEMA = problems.Problem

    def _register_error_handlers(self) -> None:
        problems.handle_routing_errors(self._app)

    def _register_responses(self) -> None:
        content = {problems.MEDIA_TYPE: {"schema": problems.Problem}}
        for status in HTTPStatus:
            response: dict[str, Any] = {"description": status.phrase, "content": content}
            self.spec.components.response(status.name, response, lazy=True)
        default = {"description": "Any other error", "content": content}
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, default, lazy=True)

    def _register_pagination_header(self) -> None:
        """No header: bodies have `next_cursor`."""


def init_api(app: Flask) -> None:
    """Add the API, its OpenAPI description and the reference page."""
    app.config.update(
        API_TITLE="Placecard",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
    )
    info = {"description": ABOUT, "license": {"name": "MIT", "identifier": "MIT"}}
    api = PlacecardApi(app, spec_kwargs={"info": info, "servers": [{"url": app.config["PUBLIC_URL"]}]})
    bearer = {"type": "http", "scheme": "bearer", "description": "An organiser's API key."}
    api.spec.components.security_scheme("key", bearer)
    for part in (events, registrations, programmes):
        api.register_blueprint(part.blueprint)
    for (schema, *_), name in api.ma_plugin.converter.refs.items():
        api.spec.components.schemas[name]["description"] = getdoc(schema)
    app.register_blueprint(reference.blueprint)
