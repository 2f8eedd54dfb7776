"""Reads the mailboxes that answers to invitations arrive in: one on an IMAP server, or a Maildir."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy.exc import OperationalError

from services.calendar.inbound.replies import take_in
from services.calendar.models import Mailbox, db
from services.calendar.rules.answers import MOST_BYTES
from shared.database.utc import now

TIMEOUT_SECONDS = 30
MOST_AT_ONCE = 100
OLDEST_READ = timedelta(days=14)

log = structlog.get_logger()


def read_imap(url: str) -> int:
    """Take in what is new at `imaps://user:password@host/folder`. Returns how many mails were answers to us.

    The mailbox stays as people left it: only answers are marked as seen, and how far we have read is
    remembered on our side. Raises OSError or imaplib.IMAP4.error where the server cannot be read.
    """
    with _opened(url) as (server, folder):
        place = _place(f"{urlsplit(url).username}@{urlsplit(url).hostname}/{folder}", server)
        last_uid = place.last_uid
        db.session.commit()  # nothing in the database is held while the server is talked to
        accepted = 0
        for uid in _new_uids(server, last_uid)[:MOST_AT_ONCE]:
            raw = _fetch(server, uid)
            if raw is not None and _take_in_safely(raw):
                accepted += 1
                server.uid("STORE", str(uid), "+FLAGS", r"(\Seen)")
            place.last_uid = uid
            db.session.commit()
        return accepted


def read_maildir(folder: str) -> int:
    """Take in what is new in a Maildir, and mark it as seen. Returns how many mails were answers to us."""
    arrived, read = Path(folder) / "new", Path(folder) / "cur"
    for place in (arrived, read, Path(folder) / "tmp"):
        place.mkdir(parents=True, exist_ok=True)
    accepted = 0
    for mail in sorted(arrived.iterdir()):
        if mail.stat().st_size <= MOST_BYTES:
            accepted += _take_in_safely(mail.read_bytes())
        else:
            log.info("reply ignored", reason="the message is larger than 1 MiB")
        mail.rename(read / f"{mail.name}:2,S")
    return accepted


def _take_in_safely(raw: bytes) -> bool:
    """True where a mail was an answer to us. One that breaks something is left behind, so that the next is read;
    only a database that is away ends the reading."""
    try:
        return take_in(raw).accepted
    except OperationalError:
        raise
    except Exception as error:
        db.session.rollback()
        log.error("a mail could not be taken in", error=type(error).__name__)
        return False


@contextmanager
def _opened(url: str) -> Iterator[tuple[imaplib.IMAP4, str]]:
    """A session with the folder selected; INBOX unless the URL names another."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "imaps":
        context = ssl.create_default_context()
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=TIMEOUT_SECONDS)
    else:
        server = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT_SECONDS)
    with server:
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        folder = unquote(parts.path.strip("/")) or "INBOX"
        quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
        status, _ = server.select(f'"{quoted}"')
        if status != "OK":
            raise imaplib.IMAP4.error("The folder cannot be opened.")
        yield server, folder


def _place(name: str, server: imaplib.IMAP4) -> Mailbox:
    """The position up to which the mailbox has been read; its start where the server has renumbered it."""
    _, (validity,) = server.response("UIDVALIDITY")
    uid_validity = validity.decode() if validity else ""
    place = db.session.get(Mailbox, name)
    if place is None:
        place = Mailbox(name=name, uid_validity=uid_validity, last_uid=0)
        db.session.add(place)
    if place.uid_validity != uid_validity:
        place.uid_validity, place.last_uid = uid_validity, 0
    return place


def _new_uids(server: imaplib.IMAP4, last_uid: int) -> list[int]:
    """UIDs of mails that came after `last_uid` within the last fortnight, oldest first."""
    since = (now() - OLDEST_READ).strftime("%d-%b-%Y")
    _, (found,) = server.uid("SEARCH", f"UID {last_uid + 1}:* SINCE {since}")
    return sorted(uid for uid in map(int, (found or b"").split()) if uid > last_uid)


def _fetch(server: imaplib.IMAP4, uid: int) -> bytes | None:
    """The whole mail, without marking it as seen; None where it is gone, or too large to be an answer."""
    _, answer = server.uid("FETCH", str(uid), "(RFC822.SIZE)")
    size = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(part for part in answer if isinstance(part, bytes)))
    if size is None or int(size[1]) > MOST_BYTES:
        log.info("reply ignored", reason="the message is larger than 1 MiB, or gone")
        return None
    _, answer = server.uid("FETCH", str(uid), "(BODY.PEEK[])")
    return next((part[1] for part in answer if isinstance(part, tuple)), None)
