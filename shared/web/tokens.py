"""Signed tokens for links: each made for one purpose, one subject and a limited time.

A token is deterministic: the same purpose, subject and expiry give the same text, so that a
mail sent a second time is the same to the byte.
"""

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from itsdangerous import BadSignature, URLSafeSerializer

from shared.database.utc import now


class Purpose(StrEnum):
    """What a token opens. A token made for one purpose opens nothing else."""

    OWN_PAGE = "own page"
    CALENDAR_FEED = "calendar feed"
    FORM = "registration form"
    QUESTION = "question between services"


class BadToken(Exception):
    """The token was not made by us, or was made for something else."""


class ExpiredToken(BadToken):
    """The token was ours; its time is over."""


def sign(secret: str, purpose: Purpose, subject: str, expires_at: datetime) -> str:
    """A URL-safe token that opens `purpose` for `subject` until `expires_at`."""
    return str(_serializer(secret, purpose).dumps([subject, int(expires_at.timestamp())]))


def read(secret: str, purpose: Purpose, token: str) -> str:
    """The subject of a token made for `purpose`.

    Raises ExpiredToken when its time is over, and BadToken when it is none of ours.
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
