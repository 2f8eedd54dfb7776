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
Events, the people who register for them, and the cohorts they come into.

Whoever may read a public page may read the same here, and register. The rest is for organisers, who send
`Authorization: Bearer KEY`. Bodies are JSON objects of at most 256 KiB. What goes wrong is told as problem
details (RFC 9457); with 422, `errors` has sentences by field.
"""


class PlacecardApi(Api):  # type: ignore[misc]
    """flask-smorest with problems for errors, which `problems` answers with and this only describes."""

    ERROR_SCHEMA = problems.Problem

    def _register_error_handlers(self) -> None:
        problems.tell_of_missing_addresses(self._app)

    def _register_responses(self) -> None:
        content = {problems.MEDIA_TYPE: {"schema": problems.Problem}}
        for status in HTTPStatus:
            described: dict[str, Any] = {"description": status.phrase, "content": content}
            self.spec.components.response(status.name, described, lazy=True)
        anything = {"description": "Whatever else goes wrong", "content": content}
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, anything, lazy=True)

    def _register_pagination_header(self) -> None:
        """Pages are told in bodies, by `next_cursor`."""


def init_api(app: Flask) -> None:
    """Open the API, its description and a page to read that on."""
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
