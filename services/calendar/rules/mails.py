"""Finds the parts of a mail that may hold a calendar, and recognises mails that no person sent (RFC 3464, RFC 3834)."""

from collections.abc import Iterator
from email.message import Message as Mail

MOST_PARTS = 50
DEEPEST_NESTING = 5
CALENDAR_TYPES = ("text/calendar", "application/ics", "text/x-vcalendar", "application/calendar")
TNEF_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
REPORT_TYPES = ("multipart/report", "message/delivery-status", "message/disposition-notification")
AUTOREPLY_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply")

SLOW_CODECS = ("punycode", "idna")
"""Codecs for host names: they take half a minute for a mebibyte."""


class Unreadable(Exception):
    """The mail holds no answer that we can read. The reason names nobody."""


def text_parts(mail: Mail) -> list[str]:
    """The texts of a mail with a calendar in them. Raises Unreadable if there are none or no person sent the mail."""
    parts = list(_parts(mail))
    _refuse_automatic(mail, parts)
    texts = [_text_of(part) for part in parts if _may_hold_calendar(part)]
    with_calendar = [text for text in dict.fromkeys(texts) if "BEGIN:VCALENDAR" in text.upper()]
    if with_calendar:
        return with_calendar
    if any(part.get_content_type() in TNEF_TYPES for part in parts):
        raise Unreadable("it is in Outlook's own format (TNEF)")
    raise Unreadable("there is no answer to an invitation in it")


def _parts(mail: Mail, depth: int = 0) -> Iterator[Mail]:
    """The mail and all parts in it, outermost first."""
    if depth > DEEPEST_NESTING:
        raise Unreadable("the message is nested too deeply")
    yield mail
    if mail.is_multipart():
        for part in mail.get_payload():
            if isinstance(part, Mail):
                yield from _parts(part, depth + 1)


def _refuse_automatic(mail: Mail, parts: list[Mail]) -> None:
    """Refuse mails that no person sent: bounces, read receipts and out-of-office replies (RFC 3464, RFC 3834).

    `Auto-Submitted: auto-generated` passes, because web calendars mark the answers they send for people with it.
    """
    if len(parts) > MOST_PARTS:
        raise Unreadable("the message has too many parts")
    if any(part.get_content_type() in REPORT_TYPES for part in parts):
        raise Unreadable("it is a delivery report")
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(mail.get("Precedence", "")).strip().lower()
    is_marked = any(header in mail for header in AUTOREPLY_HEADERS)
    if submitted not in ("no", "auto-generated") or precedence == "auto_reply" or is_marked:
        raise Unreadable("it is an automatic reply")


def _may_hold_calendar(part: Mail) -> bool:
    if part.is_multipart():
        return False
    kind, name = part.get_content_type(), part.get_filename() or ""
    return kind in (*CALENDAR_TYPES, "text/plain") or name.lower().endswith((".ics", ".vcs"))


def _text_of(part: Mail) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    charset = part.get_content_charset("utf-8")
    try:
        return content.decode("utf-8" if charset in SLOW_CODECS else charset, errors="replace")
    except (LookupError, UnicodeError):
        return content.decode("utf-8", errors="replace")
