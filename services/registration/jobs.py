"""The jobs of registration's clock."""

from datetime import timedelta

from sqlalchemy import delete

from services.registration.models import IdempotencyKey, SignIn, db
from services.registration.operations import events
from shared.database.utc import now
from shared.runtime.clock import Job

ANSWERS_KEPT = timedelta(hours=24)


def forget_old_answers() -> None:
    """Delete the answers kept for repeated requests after a day, and sign-ins that have ended."""
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now() - ANSWERS_KEPT))
    db.session.execute(delete(SignIn).where(SignIn.expires_at < now()))


JOBS = (
    Job("notify of changes", 1, events.notify_of_changes),
    Job("forget old answers", 3600, forget_old_answers),
)
