"""Security headers for every response, and an id for every request in the logs."""

from urllib.parse import unquote

import structlog
from flask import Flask, Response, abort, request

from shared.database.ids import new_id

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
    """The Content-Security-Policy header. An argument such as `frame_ancestors="*"` replaces a directive."""
    policy = CONTENT_SECURITY_POLICY | {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in policy.items())


def protect(app: Flask) -> None:
    """Add an id for the logs to every request of `app`, and security headers to every response."""

    @app.before_request
    def identify() -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=str(new_id()), endpoint=request.endpoint)

    @app.before_request
    def refuse_nul() -> None:
        """Reject URLs that contain a NUL: PostgreSQL cannot take one as a parameter."""
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
