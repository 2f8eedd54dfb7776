"""Reads answers to invitations from a mailbox on an IMAP server (RFC 9051)."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import structlog

from services.calendar.inbound.replies import take_in_or_skip
from services.calendar.models import Mailbox, db
from services.calendar.rules.answers import MOST_BYTES
from shared.database.utc import now

TIMEOUT_SECONDS = 30
MOST_AT_ONCE = 100
OLDEST_READ = timedelta(days=14)

log = structlog.get_logger()


def read_imap(url: str) -> int:
    """Take in the new mails at `imaps://user:password@host/folder`. Returns the number of accepted answers.

    People may read the mailbox too, so only answers are marked as seen, and our position in it is kept here. A mail's
    changes and the position after it are one transaction. Raises OSError or imaplib.IMAP4.error if the server cannot
    be read.
    """
    with _opened(url) as (server, folder):
        mailbox = _mailbox(f"{urlsplit(url).username}@{urlsplit(url).hostname}/{folder}", server)
        last_uid = mailbox.last_uid
        db.session.commit()  # hold no lock and no snapshot while the server is slow
        accepted = 0
        for uid in _new_uids(server, last_uid)[:MOST_AT_ONCE]:
            raw = _fetch(server, uid)
            is_accepted = raw is not None and take_in_or_skip(raw)
            mailbox.last_uid = uid
            db.session.commit()
            if is_accepted:
                accepted += 1
                server.uid("STORE", str(uid), "+FLAGS", r"(\Seen)")
        return accepted


@contextmanager
def _opened(url: str) -> Iterator[tuple[imaplib.IMAP4, str]]:
    """A session with the folder selected, which is INBOX unless the URL names another."""
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


def _mailbox(name: str, server: imaplib.IMAP4) -> Mailbox:
    """The mailbox with our position in it. A new UIDVALIDITY voids all UIDs, so reading starts again."""
    _, (validity,) = server.response("UIDVALIDITY")
    uid_validity = validity.decode() if validity else ""
    mailbox = db.session.get(Mailbox, name)
    if mailbox is None:
        mailbox = Mailbox(name=name, uid_validity=uid_validity, last_uid=0)
        db.session.add(mailbox)
    if mailbox.uid_validity != uid_validity:
        mailbox.uid_validity, mailbox.last_uid = uid_validity, 0
    return mailbox


def _new_uids(server: imaplib.IMAP4, last_uid: int) -> list[int]:
    """The UIDs after `last_uid` of mails that arrived within the last fortnight, oldest first."""
    since = (now() - OLDEST_READ).strftime("%d-%b-%Y")
    _, (found,) = server.uid("SEARCH", f"UID {last_uid + 1}:* SINCE {since}")
    return sorted(uid for uid in map(int, (found or b"").split()) if uid > last_uid)


def _fetch(server: imaplib.IMAP4, uid: int) -> bytes | None:
    """The whole mail, without marking it as seen. None if it is gone, or too large to be an answer."""
    _, answer = server.uid("FETCH", str(uid), "(RFC822.SIZE)")
    size = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(part for part in answer if isinstance(part, bytes)))
    if size is None or int(size[1]) > MOST_BYTES:
        log.info("reply ignored", reason="the message is larger than 1 MiB, or gone")
        return None
    _, answer = server.uid("FETCH", str(uid), "(BODY.PEEK[])")
    return next((part[1] for part in answer if isinstance(part, tuple)), None)
