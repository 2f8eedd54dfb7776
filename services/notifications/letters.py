"""Renders a mail's subject, plain text and HTML from the pair of templates of its kind."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.notifications.changes import Change, changes_of
from shared.contracts.notices import Kind, MailDue, Notice, SessionFacts
from shared.i18n.dates import When, day_and_time, listed, when

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    auto_reload=False,
)
TEMPLATES.filters["host"] = lambda url: urlsplit(url).hostname or url


class Unsendable(Exception):
    """The mail can never be sent as it is; the message gives the reason, without any name or address."""


@dataclass(frozen=True)
class Letter:
    """A mail's words. Lines end in a single newline."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class ShownSession:
    """A session as the templates show it. `join_url` is empty for a person without a place."""

    title: str
    when: When
    location: str
    join_url: str
    cancelled: bool


def write(mail: MailDue, organisation: str) -> Letter:
    """Render `mail` in the name of `organisation`. Raises Unsendable if a title or name contains a line break."""
    notice = mail.notice
    plain, rich = (TEMPLATES.get_template(f"{notice.kind}.{suffix}") for suffix in ("txt", "html"))
    method = mail.invite.method if mail.invite else ""
    add_url, feed_url = _calendar_links(notice, method)
    facts = {
        "organisation": organisation,
        "name": one_line(notice.recipient.name, "name"),
        "title": one_line(notice.event.title, "title"),
        "event_url": notice.event.url,
        "sessions": [_shown(session, notice) for session in notice.event.sessions],
        "starts": _starts(notice),
        "holds_place": notice.holds_place,
        "status": notice.status,
        "by_organisers": notice.by_organisers,
        "method": method,
        "asks_for_rsvp": notice.event.invites.asks_for_rsvp,
        "decline_frees_place": notice.event.invites.decline_frees_place and notice.kind != Kind.SESSION,
        "page_url": notice.page_url,
        "add_url": add_url,
        "feed_url": feed_url,
        "next_steps": notice.next_steps,
        "changes": [_on_one_line(change) for change in changes_of(notice)],
        "changed_details": listed(tuple(f"the {change}" for change in notice.changes)),
        "topic": one_line(notice.topic, "topic"),
        "reason": "\n".join(notice.reason.splitlines()).strip(),
    }
    subject = "".join(plain.blocks["subject"](plain.new_context(facts))).strip()
    text = re.sub(r"\n{3,}", "\n\n", plain.render(facts)).strip() + "\n"
    return Letter(subject, text, rich.render(facts, subject=subject))


def one_line(value: str, what: str) -> str:
    """`value` for a header: without control characters, and with one space for each run of white space.

    Raises Unsendable for a CR or LF: nobody types one into a single line by accident. `what` names the field.
    """
    if "\r" in value or "\n" in value:
        raise Unsendable(f"There is a line break in the {what}.")
    return " ".join("".join(" " if _is_control(letter) else letter for letter in value).split())


def _is_control(letter: str) -> bool:
    """True for control characters, lone surrogates, and separators that some programs treat as line ends."""
    return unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}


def _shown(session: SessionFacts, notice: Notice) -> ShownSession:
    # Calendar marks a session as cancelled when it withdraws the invite, also where only this person no longer comes.
    cancelled = session.cancelled and (notice.holds_place or notice.kind != Kind.SESSION)
    return ShownSession(
        title=one_line(session.title, "session's title"),
        when=when(session, notice.event.timezone),
        location=one_line(session.location, "location"),
        join_url=(session.join_url or "") if notice.holds_place and not session.cancelled else "",
        cancelled=cancelled,
    )


def _starts(notice: Notice) -> str:
    """The day and time of the first session: "Thursday 4 November, 12.30"; empty without sessions."""
    first = min((session.starts_at for session in notice.event.sessions), default=None)
    return day_and_time(first, notice.event.timezone) if first else ""


def _calendar_links(notice: Notice, method: str) -> tuple[str, str]:
    """The link that adds one session to a calendar, and the feed of several; at most one of the two is not empty.

    An invite to one session may be in a mail program without buttons; several sessions are best had as a feed.
    """
    sessions = [session for session in notice.event.sessions if not session.cancelled]
    if not notice.holds_place or method == "CANCEL" or not sessions:
        return "", ""
    if len(sessions) == 1 and notice.add_url:
        return f"{notice.add_url}?session={sessions[0].id}", ""
    return "", notice.feed_url if len(sessions) > 1 or not method else ""


def _on_one_line(change: Change) -> Change:
    return Change(one_line(change.label, "title"), one_line(change.detail, "location"))
