"""Organisers' passwords and sign-ins, and API keys."""

import hashlib
import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, select

from services.registration.models import ApiKey, Organiser, SignIn, db
from shared.database.utc import now

SIGNED_IN_FOR = timedelta(hours=12)
SHORTEST_PASSWORD = 10

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe())


def ensure_organiser(email_key: str, password: str) -> None:
    """Create the organiser, or change their password."""
    organiser = db.session.scalar(select(Organiser).filter_by(email_key=email_key))
    if organiser is None:
        db.session.add(Organiser(email_key=email_key, password_hash=_hasher.hash(password), created_at=now()))
    elif not _matches(organiser.password_hash, password):
        organiser.password_hash = _hasher.hash(password)


def sign_in(email_key: str, password: str) -> str | None:
    """The secret for the browser's cookie, or None if the address or the password is wrong.

    Takes equally long in both cases, so timing does not reveal organisers' addresses.
    """
    organiser = db.session.scalar(select(Organiser).filter_by(email_key=email_key))
    if not _matches(organiser.password_hash if organiser else _NOBODY, password) or organiser is None:
        return None
    secret = secrets.token_urlsafe(32)
    at = now()
    db.session.add(
        SignIn(token_hash=_digest(secret), organiser=organiser, created_at=at, expires_at=at + SIGNED_IN_FOR)
    )
    return secret


def signed_in(secret: str) -> SignIn | None:
    """The sign-in with this cookie's secret, unless it has expired."""
    found = db.session.get(SignIn, _digest(secret))
    return found if found is not None and found.expires_at > now() else None


def sign_out(secret: str) -> None:
    """End a sign-in: its secret is no longer valid."""
    db.session.execute(delete(SignIn).where(SignIn.token_hash == _digest(secret)))


def ensure_api_key(key: str, name: str) -> None:
    """Accept this API key from now on."""
    if db.session.scalar(select(ApiKey.id).filter_by(key_hash=_digest(key))) is None:
        db.session.add(ApiKey(key_hash=_digest(key), name=name, created_at=now()))


def api_key(key: str) -> ApiKey | None:
    """The key's record, unless it is revoked."""
    return db.session.scalar(select(ApiKey).filter_by(key_hash=_digest(key), revoked_at=None))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
