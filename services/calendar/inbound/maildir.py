"""Reads answers to invitations from a Maildir."""

from pathlib import Path

import structlog

from services.calendar.inbound.replies import take_in_or_skip
from services.calendar.models import db
from services.calendar.rules.answers import MOST_BYTES

log = structlog.get_logger()


def read_maildir(folder: str) -> int:
    """Take in the new mails of a Maildir and mark them as seen. Returns the number of accepted answers.

    Each mail is one transaction. A mail that is read twice, because of a crash before it was marked, changes nothing.
    """
    new, cur = Path(folder) / "new", Path(folder) / "cur"
    for directory in (new, cur, Path(folder) / "tmp"):
        directory.mkdir(parents=True, exist_ok=True)
    accepted = 0
    for mail in sorted(new.iterdir()):
        if mail.stat().st_size <= MOST_BYTES:
            accepted += take_in_or_skip(mail.read_bytes())
            db.session.commit()
        else:
            log.info("reply ignored", reason="the message is larger than 1 MiB")
        mail.rename(cur / f"{mail.name}:2,S")
    return accepted
