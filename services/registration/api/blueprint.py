"""One part of the API: authenticated, never cached, and with problem details for errors."""

from flask import Response

from services.registration.api.authentication import authenticate
from services.registration.api.endpoints import ApiBlueprint
from services.registration.api.problems import handle_errors

PREFIX = "/api/v1"


def api_blueprint(name: str, description: str) -> ApiBlueprint:
    """A part of the API, under its prefix."""
    blueprint = ApiBlueprint(name, __name__, url_prefix=PREFIX, description=description)
    blueprint.before_request(authenticate)
    blueprint.after_request(_forbid_caching)
    handle_errors(blueprint)
    return blueprint


def _forbid_caching(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Vary"] = "Authorization"
    return response
