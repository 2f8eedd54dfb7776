"""The words of invites, in every language that people can choose."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from services.calendar.rules.invite_plan import Part
from shared.contracts.notices import EventFacts, Notice

DATE_AND_TIME = "EEE d MMM y, HH:mm"


@dataclass(frozen=True)
class Words:
    """The few fixed words of an invite."""

    online: str
    join: str
    change: str


LANGUAGES = {
    "en": Words(online="Online", join="Join", change="Change or cancel your place"),
    "cy": Words(online="Ar-lein", join="Ymuno", change="Newid neu ganslo eich lle"),
}


def words(language: str) -> Words:
    """The words of a language, or English for a language that we lack."""
    return LANGUAGES.get(language, LANGUAGES["en"])


def description(notice: Notice, event: EventFacts, part: Part, join_url: str | None) -> str:
    """The DESCRIPTION of an invite in plain text: the event, how to join, how to change or cancel."""
    language = notice.recipient.language if notice.recipient.language in LANGUAGES else "en"
    said = words(language)
    paragraphs = [
        event.description,
        _programme(event, part, language),
        f"{said.join}: {join_url}" if join_url else "",
        f"{said.change}: {notice.page_url}",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _programme(event: EventFacts, part: Part, language: str) -> str:
    """The sessions of a series with their own titles, a line each."""
    if part.series is None:
        return ""
    zone = ZoneInfo(event.timezone)
    return "\n".join(
        f"{format_datetime(_local(session.starts_at, zone), DATE_AND_TIME, locale=language)}: {session.title}"
        for session in part.live_sessions
        if session.title
    )


def _local(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone)
