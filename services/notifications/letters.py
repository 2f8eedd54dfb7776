"""Renders a mail's subject, plain text and HTML from the pair of templates of its kind."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from shared.contracts.notices import EventFacts, Kind, MailDue, SessionFacts
from shared.i18n.dates import When, listed, when

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
    facts = {
        "organisation": organisation,
        "name": one_line(notice.recipient.name, "name"),
        "title": one_line(notice.event.title, "title"),
        "event_url": notice.event.url,
        "sessions": [_shown(session, notice.event, notice.holds_place) for session in notice.event.sessions],
        "holds_place": notice.holds_place,
        "method": mail.invite.method if mail.invite else "",
        "asks_for_rsvp": notice.event.invites.asks_for_rsvp,
        "decline_frees_place": notice.event.invites.decline_frees_place and notice.kind != Kind.SESSION,
        "page_url": notice.page_url,
        "feed_url": notice.feed_url,
        "next_steps": notice.next_steps,
        "changes": listed(tuple(f"the {change}" for change in notice.changes)),
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


def _shown(session: SessionFacts, event: EventFacts, holds_place: bool) -> ShownSession:
    return ShownSession(
        title=one_line(session.title, "session's title"),
        when=when(session, event.timezone),
        location=one_line(session.location, "location"),
        join_url=(session.join_url or "") if holds_place and not session.cancelled else "",
        cancelled=session.cancelled,
    )
