"""Reads what trusted proxies in front say of a request."""

from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix


class TrustedProxies(ProxyFix):
    """Takes the client's address, scheme and host from the X-Forwarded headers of the nearest proxies.

    Each proxy appends an address, so the client's is that many from the end, and what a client wrote itself stands
    before it. Some proxies append the scheme and the host too, others replace what they were given; from either, the
    value of the outermost trusted proxy counts.
    """

    def __init__(self, app: Any, count: int) -> None:
        super().__init__(app, x_for=count, x_proto=count, x_host=count)

    def _get_real_value(self, trusted: int, value: str | None) -> str | None:
        if not (trusted and value):
            return None
        values = [one.strip() for one in value.split(",")]
        return values[-min(trusted, len(values))] or None
