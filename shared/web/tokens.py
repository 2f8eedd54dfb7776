"""Signed tokens for links, each for one purpose, one subject and a limited time.

A token is deterministic: the same purpose, subject and expiry give the same text, so a mail that is sent twice is
the same byte for byte.
"""

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from itsdangerous import BadSignature, URLSafeSerializer

from shared.database.utc import now


class Purpose(StrEnum):
    """The purpose of a token. A token for one purpose is invalid for every other."""

    OWN_PAGE = "own page"
    CALENDAR_FEED = "calendar feed"
    FORM = "registration form"
    KEPT_FORM = "form sent after a sign-in ended"
    SERVICE_CALL = "service call"


class BadToken(Exception):
    """We did not sign the token, or signed it for another purpose."""


class ExpiredToken(BadToken):
    """We signed the token, but it has expired."""


def sign(secret: str, purpose: Purpose, subject: str, expires_at: datetime) -> str:
    """A URL-safe token for `purpose` and `subject`, valid until `expires_at` (aware; whole seconds)."""
    return str(_serializer(secret, purpose).dumps([subject, int(expires_at.timestamp())]))


def read(secret: str, purpose: Purpose, token: str) -> str:
    """The subject of a token for `purpose`.

    Raises ExpiredToken, or BadToken if we did not sign it for this purpose.
    """
    try:
        subject, expires = _serializer(secret, purpose).loads(token)
    except (BadSignature, ValueError, TypeError) as error:
        raise BadToken("This link is not one of ours.") from error
    if datetime.fromtimestamp(expires, UTC) < now():
        raise ExpiredToken("This link is no longer valid.")
    return str(subject)


@lru_cache(maxsize=16)
def _serializer(secret: str, purpose: Purpose) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=f"placecard {purpose}")
