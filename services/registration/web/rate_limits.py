"""Rate limits: registrations and sign-ins from one network address.

Counts are in Redis where that is the broker, so that web processes share them. Without Redis, each
process counts on its own.
"""

import logging
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter, RouteLimit

from shared.web.addresses import network_of

REDIS_ANSWERS_WITHIN = 0.2  # seconds


def client_network() -> str:
    """What counts as one client of this request."""
    return network_of(request.remote_addr or "")


limiter = Limiter(client_network, in_memory_fallback_enabled=True, swallow_errors=True)


def init_limits(app: Flask) -> None:
    """Count in the application's broker where that is Redis, else in memory."""
    broker = app.config["BROKER_URL"]
    if urlsplit(broker).scheme in ("redis", "rediss"):
        app.config["RATELIMIT_STORAGE_URI"] = broker
        app.config["RATELIMIT_STORAGE_OPTIONS"] = {
            "socket_timeout": REDIS_ANSWERS_WITHIN,
            "socket_connect_timeout": REDIS_ANSWERS_WITHIN,
        }
    else:
        app.config["RATELIMIT_STORAGE_URI"] = "memory://"
    app.config["RATELIMIT_KEY_PREFIX"] = "placecard"
    limiter.init_app(app)
    limiter.logger.setLevel(logging.WARNING)  # below that it logs network addresses


def registration_limit() -> str:
    """The operator's RATE_LIMIT, such as 20/minute; empty for no limit."""
    return str(current_app.config["RATE_LIMIT"])


def seconds_to_wait() -> int:
    """Seconds until a refused client may try again (Retry-After, RFC 9110 section 10.2.3)."""
    limit = limiter.current_limit
    return max(1, int(limit.reset_at - time.time())) if limit else 60


def _is_only_looking() -> bool:
    return request.method != "POST"


def _was_wrong_password(response: Response) -> bool:
    return response.status_code == 401


def _may_register_freely() -> bool:
    """No limit for GET, nor for an organiser's program, whose key the API has checked."""
    return _is_only_looking() or g.get("api_key") is not None


limit_registrations = limiter.shared_limit(registration_limit, scope="registrations", exempt_when=_may_register_freely)
limit_sign_ins = limiter.shared_limit("10/minute", scope="sign-ins", exempt_when=_is_only_looking)


def limit_wrong_passwords(account: Callable[[], str]) -> RouteLimit:
    """Limit wrong passwords for one account, from wherever they come. `account` names the account of this request;
    one that does not exist counts too, so that the limit tells nothing."""
    return limiter.shared_limit(
        "10 per 15 minutes", scope="wrong passwords", key_func=account, deduct_when=_was_wrong_password
    )
