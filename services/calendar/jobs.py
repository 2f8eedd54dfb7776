"""The periodic jobs of the calendar service."""

from datetime import timedelta
from functools import partial

from sqlalchemy import delete

from services.calendar.config import Config
from services.calendar.inbound.imap import read_imap
from services.calendar.inbound.maildir import read_maildir
from services.calendar.models import Listing, Registration, db
from shared.database.utc import now
from shared.runtime.clock import Job

PERSONAL_KEPT = timedelta(days=90)
LISTINGS_KEPT = timedelta(days=365)
DAY_SECONDS = 86_400
IMAP_SECONDS = 60
MAILDIR_SECONDS = 2


def jobs_for(config: Config) -> tuple[Job, ...]:
    """The jobs for these settings."""
    jobs = [Job("forget", DAY_SECONDS, forget_the_past)]
    if config.IMAP_URL:
        jobs.append(Job("read IMAP", IMAP_SECONDS, partial(read_imap, config.IMAP_URL)))
    if config.INBOUND_MAILDIR:
        jobs.append(Job("read Maildir", MAILDIR_SECONDS, partial(read_maildir, config.INBOUND_MAILDIR)))
    return tuple(jobs)


def forget_the_past() -> None:
    """Delete registrations whose event ended more than 90 days ago, and listings whose event ended a year ago."""
    db.session.execute(delete(Registration).where(Registration.ends_at < now() - PERSONAL_KEPT))
    db.session.execute(delete(Listing).where(Listing.ends_at < now() - LISTINGS_KEPT))
