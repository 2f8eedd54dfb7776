"""What calendar's clock does besides the common chores."""

from datetime import timedelta

from sqlalchemy import delete

from services.calendar.config import Config
from services.calendar.models import Listing, Registration, db
from shared.clock import now
from shared.processes import Job

PERSONAL_KEPT = timedelta(days=90)
LISTINGS_KEPT = timedelta(days=365)
DAY_SECONDS = 86_400


def jobs_for(config: Config) -> tuple[Job, ...]:
    """The jobs that these settings ask for."""
    return (Job("forget", DAY_SECONDS, forget_the_past),)


def forget_the_past() -> None:
    """Delete what is known of people whose event ended 90 days ago, and listings a year old."""
    db.session.execute(delete(Registration).where(Registration.ends_at < now() - PERSONAL_KEPT))
    db.session.execute(delete(Listing).where(Listing.ends_at < now() - LISTINGS_KEPT))
    db.session.commit()
