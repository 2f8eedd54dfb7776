"""What every service's web side has: headers that protect, health, readiness and metrics."""

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import structlog
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, abort, current_app, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared import heartbeat
from shared.ids import new_id
from shared.telemetry import registry_for

if TYPE_CHECKING:
    from shared.queue import Queue

CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def content_security_policy(**changes: str) -> str:
    """The policy as a header; `frame_ancestors="*"` and the like change one directive."""
    policy = CONTENT_SECURITY_POLICY | {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in policy.items())


def protect(app: Flask) -> None:
    """Give every request an id for the logs, and every answer the headers that protect its reader."""

    @app.before_request
    def identify() -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=str(new_id()), endpoint=request.endpoint)

    @app.before_request
    def refuse_nul() -> None:
        """No address of ours holds a NUL, and no database of ours could look for one."""
        if "\0" in request.path or "\0" in unquote(request.query_string.decode("latin-1")):
            abort(400)

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", content_security_policy())
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if "frame-ancestors 'none'" in headers["Content-Security-Policy"]:
            headers.setdefault("X-Frame-Options", "DENY")
        if app.config["PUBLIC_URL"].startswith("https://"):
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


def health(queue: "Queue", prefix: str, heartbeat_table: Any) -> Blueprint:
    """`/healthz`, `/readyz` and `/metrics`, also under `prefix` where one host serves all services."""
    pages = Blueprint("health", __name__)

    def healthz() -> ResponseReturnValue:
        return {"status": "ok", "service": queue.name}

    def readyz() -> ResponseReturnValue:
        missing = _what_is_missing(queue, heartbeat_table)
        return {"ready": not missing, "missing": missing}, 503 if missing else 200

    def metrics() -> ResponseReturnValue:
        return Response(generate_latest(registry_for(queue, heartbeat_table)), content_type=CONTENT_TYPE_LATEST)

    for view in (healthz, readyz, metrics):
        pages.add_url_rule(f"/{view.__name__}", view.__name__, view)
        if prefix:
            pages.add_url_rule(f"{prefix}/{view.__name__}", f"{view.__name__}_prefixed", view)
    return pages


def _what_is_missing(queue: "Queue", heartbeat_table: Any) -> list[str]:
    try:
        queue.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        queue.session.rollback()
        return ["database"]
    missing = []
    if _migrations_behind(queue):
        missing.append("migrations")
    elif heartbeat.is_quiet(queue.session, heartbeat_table):
        missing.append("clock")
    if not queue.broker_answers():
        missing.append("broker")
    return missing


def _migrations_behind(queue: "Queue") -> bool:
    head = ScriptDirectory(current_app.extensions["migrate"].directory).get_current_head()
    try:
        return bool(queue.session.scalar(text("SELECT version_num FROM alembic_version")) != head)
    except SQLAlchemyError:
        queue.session.rollback()
        return True
