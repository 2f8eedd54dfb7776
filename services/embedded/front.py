"""The WSGI front of one machine: it passes each request to the service that owns the path."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask

PREFIXES = {"/calendar/": "calendar", "/mail/": "notifications"}


class Front:
    """A WSGI application over the three services. Paths without a known prefix belong to registration."""

    def __init__(self, apps: Mapping[str, Flask]) -> None:
        self._apps = apps

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        name = next((name for prefix, name in PREFIXES.items() if path.startswith(prefix)), "registration")
        return self._apps[name](environ, start_response)
