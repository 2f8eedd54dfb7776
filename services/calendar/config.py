"""The calendar service's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shared.runtime.settings import BadSetting, Environment, Settings, common

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Config(Settings):
    """Calendar's settings. INBOUND_KEY, IMAP_URL and INBOUND_MAILDIR are sources of answers to invites.

    TRUSTED_AUTHSERV_ID is the name under which the server that receives them states Authentication-Results (RFC 8601).
    """

    INBOUND_KEY: str | None
    IMAP_URL: str | None
    INBOUND_MAILDIR: str | None
    TRUSTED_AUTHSERV_ID: str | None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Config":
        """Read the settings. Raises BadSetting if one is missing or wrong."""
        environment = Environment(environ)
        shared: dict[str, Any] = common(environment, "CALENDAR_DATABASE_URL")
        return cls(
            **shared,
            INBOUND_KEY=environment.optional("INBOUND_KEY"),
            IMAP_URL=_imap_url(environment),
            INBOUND_MAILDIR=environment.optional("INBOUND_MAILDIR"),
            TRUSTED_AUTHSERV_ID=environment.optional("TRUSTED_AUTHSERV_ID"),
        )


def _imap_url(environment: Environment) -> str | None:
    """`imaps://user:password@host/folder`. Only a server on this machine may be without TLS."""
    if environment.optional("IMAP_URL") is None:
        return None
    url = environment.url("IMAP_URL", ("imaps", "imap"))
    parts = urlsplit(url)
    if not parts.username or not parts.password:
        raise BadSetting("IMAP_URL must name a user and a password: imaps://user:password@host/folder.")
    if parts.scheme == "imap" and parts.hostname not in LOOPBACK:
        raise BadSetting("IMAP_URL must start with imaps:// unless the server is on this machine.")
    return url
