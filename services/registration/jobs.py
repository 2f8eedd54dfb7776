"""The jobs of registration's clock."""

from datetime import timedelta

from sqlalchemy import delete

from services.registration.models import IdempotencyKey, SignIn, db
from services.registration.operations import events
from shared.database.utc import now
from shared.runtime.clock import Job

KEYS_KEPT_FOR = timedelta(hours=24)


def delete_expired_keys_and_sign_ins() -> None:
    """Delete idempotency keys, with their stored responses, after a day, and sign-ins that have ended."""
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now() - KEYS_KEPT_FOR))
    db.session.execute(delete(SignIn).where(SignIn.expires_at < now()))


JOBS = (
    Job("notify of changes", 1, events.notify_of_changes),
    Job("delete expired keys and sign-ins", 3600, delete_expired_keys_and_sign_ins),
)
