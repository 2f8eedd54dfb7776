"""Renders iCalendar objects (RFC 5545, RFC 7986): invites, and calendars to subscribe to."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Timezone, vDuration

from services.calendar.lines import Component
from services.calendar.rules.invite import Method
from services.calendar.rules.invite_plan import Part, is_certain
from services.calendar.wording import description, words
from shared.contracts.notices import EventFacts, Notice, SessionFacts

PRODUCT = "-//Placecard//Placecard//EN"
HOUR = timedelta(hours=1)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Issue:
    """One invite about to be written: what it asks, and of whom.

    `sender` is the name and the address that mails come from; `created_at` (UTC) is when this person
    was first sent this invite.
    """

    method: Method
    uid: str
    sequence: int
    created_at: datetime
    event: EventFacts
    part: Part
    notice: Notice
    sender: tuple[str, str]

    @property
    def is_off(self) -> bool:
        """Whether this invite takes the event out of the calendar."""
        return self.method is Method.CANCEL

    @property
    def organiser(self) -> tuple[str, str]:
        """Whom the invite comes from, by name and address: the sender, unless the event names another."""
        name, address = self.sender
        return self.event.invites.organiser_name or name, self.event.invites.organiser_email or address


@dataclass(frozen=True)
class Entry:
    """A session in a calendar to subscribe to, as stated at `stated_at` (UTC). `url` is where to read more."""

    uid: str
    event: EventFacts
    session: SessionFacts
    url: str
    stated_at: datetime
    cancelled: bool


def render_invite(issue: Issue) -> str:
    """The invite as text with CRLF line ends. The same issue gives the same text."""
    calendar = _calendar(issue.method)
    zone = ZoneInfo(issue.event.timezone)
    events = list(_series(issue, zone) if issue.part.series else [_invitation(issue, issue.part.sessions[0], zone)])
    _place_with_timezones(calendar, events, issue.part.sessions)
    return str(calendar)


def render_feed(name: str, entries: Iterable[Entry]) -> str:
    """A calendar to subscribe to, called `name`, as text with CRLF line ends."""
    entries = list(entries)
    calendar = _calendar()
    for called in ("NAME", "X-WR-CALNAME"):
        calendar.put_text(called, _clean(name))
    calendar.put("REFRESH-INTERVAL", _duration(HOUR), {"VALUE": "DURATION"})
    calendar.put("X-PUBLISHED-TTL", _duration(HOUR))
    _place_with_timezones(calendar, [_entry(entry) for entry in entries], [entry.session for entry in entries])
    return str(calendar)


def _series(issue: Issue, zone: ZoneInfo) -> Iterator[Component]:
    """The whole series with its rule, then each session that differs from what the rule says of it."""
    series, sessions = issue.part.series, issue.part.sessions
    assert series is not None
    standing = {session.id: session for session in (sessions if issue.is_off else issue.part.standing)}
    usual = Counter((session.ends_at - session.starts_at, session.location, session.join_url) for session in sessions)
    (length, location, join_url), _ = usual.most_common(1)[0]

    def as_usual(starts_at: datetime) -> SessionFacts:
        ends_at = starts_at + length
        return SessionFacts(id="", title="", starts_at=starts_at, ends_at=ends_at, location=location, join_url=join_url)

    whole = _invitation(issue, as_usual(series.slots[0].starts_at), zone)
    whole.put("RRULE", series.rule.replace(";", f";COUNT={len(series.slots)};", 1))
    empty = [slot.starts_at.astimezone(zone) for slot in series.slots if slot.session_id not in standing]
    if empty:
        whole.put_times("EXDATE", *empty)
    yield whole
    if issue.is_off:
        return
    for slot in series.slots:
        session = standing.get(slot.session_id or "")
        if session and replace(session, id="", title="") != as_usual(slot.starts_at):
            exception = _invitation(issue, session, zone)
            exception.put_times("RECURRENCE-ID", slot.starts_at.astimezone(zone))
            yield exception


def _invitation(issue: Issue, session: SessionFacts, zone: ZoneInfo) -> Component:
    notice = issue.notice
    join_url = None if issue.is_off else session.join_url
    event = Component("VEVENT")
    event.put("UID", issue.uid)
    event.put_times("DTSTAMP", notice.stated_at)
    event.put_times("CREATED", issue.created_at)
    event.put_times("LAST-MODIFIED", notice.stated_at)
    event.put("SEQUENCE", issue.sequence)
    event.put_times("DTSTART", _local(session.starts_at, zone))
    event.put_times("DTEND", _local(session.ends_at, zone))
    event.put_text("SUMMARY", _summary(issue.event, session))
    event.put_text("DESCRIPTION", _clean(description(notice, issue.event, issue.part, join_url)))
    _put_place(event, session, join_url, notice.recipient.language)
    event.put("URL", notice.page_url)
    _put_address(event, "ORGANIZER", *issue.organiser, {})
    _put_attendee(event, notice, asked=issue.event.invites.asks_for_rsvp)
    event.put("STATUS", "CANCELLED" if issue.is_off else "CONFIRMED")
    event.put("TRANSP", "OPAQUE")
    if join_url:
        event.put("CLASS", "PRIVATE")  # whoever may look into this calendar need not be able to join
    event.put("X-MICROSOFT-CDO-BUSYSTATUS", "FREE" if issue.is_off else "BUSY")
    if not issue.is_off and issue.event.invites.reminder_minutes:
        event.place(_reminder(issue.event))
    return event


def _entry(entry: Entry) -> Component:
    zone, session = ZoneInfo(entry.event.timezone), entry.session
    join_url = None if entry.cancelled else session.join_url
    event = Component("VEVENT")
    event.put("UID", entry.uid)
    event.put_times("DTSTAMP", entry.stated_at)
    event.put_times("LAST-MODIFIED", entry.stated_at)
    event.put_times("DTSTART", _local(session.starts_at, zone))
    event.put_times("DTEND", _local(session.ends_at, zone))
    event.put_text("SUMMARY", _summary(entry.event, session))
    if entry.event.description:
        event.put_text("DESCRIPTION", _clean(entry.event.description))
    _put_place(event, session, join_url, "en")
    event.put("URL", entry.url)
    event.put("STATUS", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.put("TRANSP", "TRANSPARENT" if entry.cancelled else "OPAQUE")
    return event


def _summary(event: EventFacts, session: SessionFacts) -> str:
    has_own_title = session.title and session.title != event.title
    return _one_line(f"{event.title}: {session.title}" if has_own_title else event.title)


def _put_place(event: Component, session: SessionFacts, join_url: str | None, language: str) -> None:
    """Where it is. Most calendars make LOCATION the way in, so a join link without a place goes there too."""
    event.put_text("LOCATION", _one_line(session.location or join_url or words(language).online))
    if join_url:
        event.put("CONFERENCE", join_url, {"VALUE": "URI", "FEATURE": "VIDEO"})


def _put_attendee(event: Component, notice: Notice, *, asked: bool) -> None:
    """Whom the invite is for. Whoever is not asked for an answer has given it: by registering they said yes."""
    answer = {
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "NEEDS-ACTION" if asked else "ACCEPTED",
        "RSVP": "TRUE" if asked else "FALSE",
        "X-NUM-GUESTS": "0",
    }
    _put_address(event, "ATTENDEE", notice.recipient.name, notice.recipient.email, answer)


def _put_address(event: Component, role: str, name: str, address: str, parameters: Mapping[str, str]) -> None:
    """A calendar user: a bare `mailto:` URI (RFC 6068), and the name as CN, which may hold no quotation mark."""
    name = _one_line(name).replace('"', "'") or address
    event.put(role, "mailto:" + quote(address, safe="@!$&'*+/=^_`{|}~-."), {"CN": name, **parameters})


def _reminder(event: EventFacts) -> Component:
    alarm = Component("VALARM")
    alarm.put("ACTION", "DISPLAY")
    alarm.put("TRIGGER", _duration(-timedelta(minutes=event.invites.reminder_minutes)))
    alarm.put_text("DESCRIPTION", _one_line(event.title))
    return alarm


def _calendar(method: Method | None = None) -> Component:
    calendar = Component("VCALENDAR")
    calendar.put("VERSION", "2.0")
    calendar.put("PRODID", PRODUCT)
    calendar.put("CALSCALE", "GREGORIAN")
    if method:
        calendar.put("METHOD", method.value)
    return calendar


def _place_with_timezones(calendar: Component, events: list[Component], sessions: Iterable[SessionFacts]) -> None:
    """Put the events in, after a VTIMEZONE for each zone they name that covers the years of all the sessions."""
    years = [instant.year for session in sessions for instant in (session.starts_at, session.ends_at)]
    for name in sorted(set().union(*(event.zones for event in events))):
        calendar.place(_timezone(name, min(years), max(years)))
    for event in events:
        calendar.place(event)


def _local(instant: datetime, zone: ZoneInfo) -> datetime:
    """The instant in its event's zone; in UTC within the hour of a change of clocks, which is read in two ways."""
    return instant.astimezone(zone) if is_certain(instant, zone) else instant


@lru_cache(maxsize=256)
def _timezone(name: str, first_year: int, last_year: int) -> str:
    """The text of a VTIMEZONE right for these years and the ones beside them.

    A longer one would be a list of dates that several calendar programs read an hour wrong.
    """
    timezone = Timezone.from_tzid(name, first_date=date(first_year - 1, 1, 1), last_date=date(last_year + 2, 1, 1))
    timezone.pop("COMMENT", None)
    text: bytes = timezone.to_ical(sorted=False)
    return text.decode()


def _duration(length: timedelta) -> str:
    text: bytes = vDuration(length).to_ical()  # type: ignore[no-untyped-call]
    return text.decode()


def _clean(text: str) -> str:
    """Without control characters; line breaks are newlines."""
    return CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _one_line(text: str) -> str:
    return " ".join(_clean(text).split())
