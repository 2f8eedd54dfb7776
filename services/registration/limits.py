"""How often one address may try: registrations, by any door, and sign-ins."""

from urllib.parse import urlsplit

from flask import Flask, current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

STORE_TIMEOUT_SECONDS = 0.2

limiter = Limiter(get_remote_address, headers_enabled=False, in_memory_fallback_enabled=True, swallow_errors=True)


def init_limits(app: Flask) -> None:
    """Count in Redis where the broker is one, so that all web processes count together; else in each
    process. Where Redis is away, each process counts for itself."""
    broker_url = app.config["BROKER_URL"]
    if urlsplit(broker_url).scheme.startswith("redis"):
        timeouts = {"socket_timeout": STORE_TIMEOUT_SECONDS, "socket_connect_timeout": STORE_TIMEOUT_SECONDS}
        app.config.update(RATELIMIT_STORAGE_URI=broker_url, RATELIMIT_STORAGE_OPTIONS=timeouts)
    else:
        app.config["RATELIMIT_STORAGE_URI"] = "memory://"
    limiter.init_app(app)


def _registrations() -> str:
    return str(current_app.config["RATE_LIMIT"])


def _no_limit() -> bool:
    return not current_app.config["RATE_LIMIT"]


limit_registrations = limiter.shared_limit(_registrations, scope="registrations", exempt_when=_no_limit)
limit_sign_ins = limiter.limit("10/minute")
