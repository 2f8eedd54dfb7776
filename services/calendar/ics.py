"""Renders iCalendar objects (RFC 5545, RFC 7986): invites and feeds."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Component, Event, vCalAddress, vRecur, vText

from services.calendar.rules.invite_plan import Part
from services.calendar.rules.timezones import local_or_utc, vtimezone
from services.calendar.wording import description, words
from shared.contracts.notices import EventFacts, Method, Notice, SessionFacts
from shared.contracts.receipts import Answer

PRODUCT = "-//Placecard//Placecard//EN"
HOUR = timedelta(hours=1)
END = "END:VCALENDAR\r\n"
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Issue:
    """One version of an invite to one person.

    `sender` is the name and address that our mails come from. `created_at` (UTC) is the time of the first version.
    `answers` holds the person's answers that are known, by session; an empty id stands for the whole series.
    """

    method: Method
    uid: str
    sequence: int
    created_at: datetime
    event: EventFacts
    part: Part
    notice: Notice
    sender: tuple[str, str]
    answers: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def is_withdrawal(self) -> bool:
        """True if it takes the event out of the calendar."""
        return self.method is Method.CANCEL

    @property
    def organiser(self) -> tuple[str, str]:
        """Name and address of the organiser: those of the sender, unless the event names others."""
        name, address = self.sender
        return self.event.invites.organiser_name or name, self.event.invites.organiser_email or address


@dataclass(frozen=True)
class Entry:
    """A session in a feed, as stated at `stated_at` (UTC). `url` is its web page."""

    uid: str
    event: EventFacts
    session: SessionFacts
    url: str
    stated_at: datetime
    cancelled: bool


def render_invite(issue: Issue) -> str:
    """The invite as text with CRLF line ends. Equal issues give equal text."""
    zone = ZoneInfo(issue.event.timezone)
    events = _series(issue, zone) if issue.part.series else [_invitation(issue, issue.part.sessions[0], zone)]
    calendar = _calendar()
    calendar.add("METHOD", issue.method.value)
    return _text(calendar, events)


def render_feed(name: str, entries: Iterable[Entry]) -> str:
    """The feed called `name`, as text with CRLF line ends."""
    calendar = _calendar()
    for called in ("NAME", "X-WR-CALNAME"):
        calendar.add(called, vText(_clean(name)))  # the library does not know that NAME is text (RFC 7986, 5.1)
    calendar.add("REFRESH-INTERVAL", HOUR, {"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT1H")
    return _text(calendar, (_entry(entry) for entry in entries))


def _series(issue: Issue, zone: ZoneInfo) -> Iterator[Event]:
    """The series with its RRULE, then one VEVENT for each session that differs from it."""
    series, sessions = issue.part.series, issue.part.sessions
    assert series is not None
    series_zone: tzinfo = UTC if series.in_utc else zone
    live = {session.id: session for session in (sessions if issue.is_withdrawal else issue.part.live_sessions)}
    usual = Counter((session.ends_at - session.starts_at, session.location, session.join_url) for session in sessions)
    (length, location, join_url), _ = usual.most_common(1)[0]

    def as_usual(starts_at: datetime) -> SessionFacts:
        ends_at = starts_at + length
        return SessionFacts(id="", title="", starts_at=starts_at, ends_at=ends_at, location=location, join_url=join_url)

    whole = _invitation(issue, as_usual(series.slots[0].starts_at), series_zone)
    whole.add("RRULE", vRecur.from_ical(series.rule.replace(";", f";COUNT={len(series.slots)};", 1)))
    empty = [slot.starts_at.astimezone(series_zone) for slot in series.slots if slot.session_id not in live]
    if empty:
        whole.add("EXDATE", empty)
    yield whole
    if issue.is_withdrawal:
        return
    for slot in series.slots:
        session = live.get(slot.session_id or "")
        if session and replace(session, id="", title="") != as_usual(slot.starts_at):
            exception = _invitation(issue, session, zone)
            exception.add("RECURRENCE-ID", slot.starts_at.astimezone(series_zone))
            yield exception


def _invitation(issue: Issue, session: SessionFacts, zone: tzinfo) -> Event:
    notice = issue.notice
    join_url = None if issue.is_withdrawal else session.join_url
    event = Event()
    event.add("UID", issue.uid)
    event.add("DTSTAMP", notice.stated_at)
    event.add("CREATED", issue.created_at)
    event.add("LAST-MODIFIED", notice.stated_at)
    event.add("SEQUENCE", issue.sequence)
    event.add("DTSTART", local_or_utc(session.starts_at, zone))
    event.add("DTEND", local_or_utc(session.ends_at, zone))
    event.add("SUMMARY", _summary(issue.event, session))
    event.add("DESCRIPTION", _clean(description(notice, issue.event, issue.part, join_url)))
    _add_place(event, session, join_url, notice.recipient.language)
    event.add("URL", _one_line(notice.page_url))
    event.add("ORGANIZER", _calendar_user(*issue.organiser))
    event.add("ATTENDEE", _attendee(issue, session.id))
    event.add("STATUS", "CANCELLED" if issue.is_withdrawal else "CONFIRMED")
    event.add("TRANSP", "OPAQUE")
    if join_url:
        event.add("CLASS", "PRIVATE")  # others who can see this calendar must not be able to join
    event.add("X-MICROSOFT-CDO-BUSYSTATUS", "FREE" if issue.is_withdrawal else "BUSY")
    if not issue.is_withdrawal and issue.event.invites.reminder_minutes:
        event.add_component(_reminder(issue.event))
    return event


def _entry(entry: Entry) -> Event:
    zone, session = ZoneInfo(entry.event.timezone), entry.session
    join_url = None if entry.cancelled else session.join_url
    event = Event()
    event.add("UID", entry.uid)
    event.add("DTSTAMP", entry.stated_at)
    event.add("LAST-MODIFIED", entry.stated_at)
    event.add("DTSTART", local_or_utc(session.starts_at, zone))
    event.add("DTEND", local_or_utc(session.ends_at, zone))
    event.add("SUMMARY", _summary(entry.event, session))
    said = [entry.event.description] if entry.cancelled else [entry.event.registration, entry.event.description]
    if any(said):
        event.add("DESCRIPTION", _clean("\n\n".join(filter(None, said))))
    _add_place(event, session, join_url, "en")
    event.add("URL", _one_line(entry.url))
    event.add("STATUS", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT" if entry.cancelled else "OPAQUE")
    return event


def _summary(event: EventFacts, session: SessionFacts) -> str:
    has_own_title = session.title and session.title != event.title
    return _one_line(f"{event.title}: {session.title}" if has_own_title else event.title)


def _add_place(event: Event, session: SessionFacts, join_url: str | None, language: str) -> None:
    """Add the place. Most calendars link LOCATION only, so without a place the join link goes there too."""
    event.add("LOCATION", _one_line(session.location or join_url or words(language).online))
    if join_url:
        event.add("CONFERENCE", _one_line(join_url), {"VALUE": "URI", "FEATURE": "VIDEO"})


def _attendee(issue: Issue, session_id: str) -> vCalAddress:
    """The invited person. If the invite asks for no answer, registration counts as acceptance."""
    recipient, asked = issue.notice.recipient, issue.event.invites.asks_for_rsvp
    attendee = _calendar_user(recipient.name, recipient.email)
    attendee.params["CUTYPE"] = "INDIVIDUAL"
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    attendee.params["PARTSTAT"] = _partstat(issue, session_id) if asked else "ACCEPTED"
    attendee.params["RSVP"] = "TRUE" if asked else "FALSE"
    attendee.params["X-NUM-GUESTS"] = "0"
    return attendee


def _partstat(issue: Issue, session_id: str) -> str:
    """The answer that is known, to this session or to the whole series."""
    answer = issue.answers.get(session_id) or issue.answers.get("")
    return answer.upper() if answer in (Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED) else "NEEDS-ACTION"


def _calendar_user(name: str, address: str) -> vCalAddress:
    """A bare `mailto:` URI (RFC 6068) with the name as CN, which cannot hold quotation marks (RFC 5545, 3.1)."""
    user = vCalAddress("mailto:" + quote(_one_line(address), safe="@!$&'*+/=^_`{|}~-."))
    user.params["CN"] = _one_line(name).replace('"', "'") or address
    return user


def _reminder(event: EventFacts) -> Alarm:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("TRIGGER", -timedelta(minutes=event.invites.reminder_minutes))
    alarm.add("DESCRIPTION", _one_line(event.title))
    return alarm


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODUCT)
    calendar.add("CALSCALE", "GREGORIAN")
    return calendar


def _text(calendar: Calendar, events: Iterable[Event]) -> str:
    """The calendar with a VTIMEZONE for each zone in use, then the events."""
    events = list(events)
    zones = sorted({zone for event in events for zone in _zones_of(event)})
    parts = [_serialise(calendar).removesuffix(END), *map(vtimezone, zones), *map(_serialise, events), END]
    return "".join(parts)


def _zones_of(event: Event) -> Iterator[str]:
    for name in ("DTSTART", "DTEND", "EXDATE", "RECURRENCE-ID"):
        if name in event and "TZID" in event[name].params:
            yield event[name].params["TZID"]


def _serialise(component: Component) -> str:
    text: bytes = component.to_ical(sorted=False)
    return text.decode()


def _clean(text: str) -> str:
    """Without control characters; line breaks are newlines."""
    return CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _one_line(text: str) -> str:
    return " ".join(_clean(text).split())
