"""Writes what a mail says: its subject, its plain text and its HTML, from the pair of templates of its kind."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, select_autoescape

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
    """This mail can never be sent as it is; the reason holds no name and no address."""


@dataclass(frozen=True)
class Letter:
    """What a mail says. All three are plain strings; lines end in a single newline."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Sitting:
    """A session as the templates see it. `join_url` is empty for whoever holds no place."""

    title: str
    when: When
    location: str
    join_url: str
    cancelled: bool


def write(mail: MailDue, organisation: str) -> Letter:
    """What `mail` says, signed by `organisation`.

    Raises Unsendable where a line break hides in the title or the name, or the kind is unknown.
    """
    notice = mail.notice
    try:
        plain, rich = (TEMPLATES.get_template(f"{notice.kind}.{suffix}") for suffix in ("txt", "html"))
    except TemplateNotFound as error:
        raise Unsendable(f"There is no template for {notice.kind!r}.") from error
    facts = {
        "organisation": organisation,
        "name": one_line(notice.recipient.name, "name"),
        "title": one_line(notice.event.title, "title"),
        "event_url": notice.event.url,
        "sittings": [_sitting(session, notice.event, notice.holds_place) for session in notice.event.sessions],
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
    """`value` fit for a header: no control characters, runs of white space made one.

    Raises Unsendable for a CR or LF, which nobody types into a single line by accident.
    """
    if "\r" in value or "\n" in value:
        raise Unsendable(f"There is a line break in the {what}.")
    return " ".join("".join(" " if _is_control(letter) else letter for letter in value).split())


def _is_control(letter: str) -> bool:
    """Control characters, lone surrogates, and the separators that some programs take for line ends."""
    return unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}


def _sitting(session: SessionFacts, event: EventFacts, holds_place: bool) -> Sitting:
    return Sitting(
        title=one_line(session.title, "session's title"),
        when=when(session, event.timezone),
        location=one_line(session.location, "location"),
        join_url=(session.join_url or "") if holds_place and not session.cancelled else "",
        cancelled=session.cancelled,
    )
