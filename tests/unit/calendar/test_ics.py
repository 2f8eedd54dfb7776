"""What the invites say, read by a parser that did not write them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.ics import Entry, render_feed, render_invite
from services.calendar.rules.invite_plan import Part
from shared.contracts.notices import EventFacts, InviteFacts, Method, Recipient
from tests.support.calendar_examples import ADA, SENDER, STATED, a_notice, a_session, an_event, an_issue

ZONES = {
    "Europe/London": "2027-11-04T12:30",
    "Europe/Belfast": "2027-06-10T09:00",
    "America/New_York": "2027-11-07T09:30",
    "Asia/Kolkata": "2027-11-04T18:00",
    "Australia/Sydney": "2027-10-03T10:00",
    "Pacific/Pago_Pago": "2027-12-31T23:30",
    "Pacific/Auckland": "2027-04-04T14:00",
}
CLOCK_CHANGES = [
    "2027-03-27T23:30",
    "2027-03-28T00:30",
    "2027-03-28T03:00",
    "2027-10-30T23:30",
    "2027-10-31T00:30",
    "2027-10-31T03:00",
]


def read(text: str) -> Any:
    return vobject.readOne(text)  # type: ignore[attr-defined, no-untyped-call]


@pytest.mark.parametrize(("zone", "start"), ZONES.items())
def test_the_instants_come_out_right_in_every_zone(zone: str, start: str) -> None:
    event = an_event(start, zone=zone)

    invite = read(render_invite(an_issue(event)))

    assert invite.vevent.dtstart.value.astimezone(UTC) == event.sessions[0].starts_at
    assert invite.vevent.dtend.value.astimezone(UTC) == event.sessions[0].ends_at
    assert invite.vevent.dtstart.params["X-VOBJ-ORIGINAL-TZID"] == [zone]
    assert invite.vtimezone.tzid.value == zone


@pytest.mark.parametrize("start", CLOCK_CHANGES)
def test_the_instants_come_out_right_around_the_change_of_clocks(start: str) -> None:
    event = an_event(start)
    invite = read(render_invite(an_issue(event)))
    assert invite.vevent.dtstart.value.astimezone(UTC) == event.sessions[0].starts_at
    assert invite.vevent.dtend.value.astimezone(UTC) == event.sessions[0].ends_at


def test_november_in_london_is_greenwich_time_and_june_is_not() -> None:
    november = read(render_invite(an_issue(an_event("2027-11-04T12:30"))))
    june = read(render_invite(an_issue(an_event("2027-06-04T12:30"))))
    assert november.vevent.dtstart.value.utcoffset() == timedelta(0)
    assert june.vevent.dtstart.value.utcoffset() == timedelta(hours=1)


def test_an_event_in_utc_needs_no_zone_to_be_read() -> None:
    event = an_event("2027-11-04T12:30", zone="UTC")
    text = render_invite(an_issue(event))
    assert "DTSTART:20271104T123000Z" in text
    assert "VTIMEZONE" not in text


def test_an_invite_holds_what_calendars_need_to_behave() -> None:
    invite = render_invite(an_issue(an_event("2027-11-04T12:30")))
    for line in (
        "METHOD:REQUEST",
        "CALSCALE:GREGORIAN",
        "DTSTAMP:20270901T080000Z",
        "CREATED:20270901T080000Z",
        "LAST-MODIFIED:20270901T080000Z",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "CLASS:PRIVATE",
        "SUMMARY:Learning together",
        "URL:https://charity.example.org/registrations/token",
        'ORGANIZER;CN="Example Charity":mailto:events@charity.example.org',
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        "TRIGGER:-PT15M",
    ):
        assert f"\r\n{line}\r\n" in invite
    attendee = read(invite).vevent.attendee
    assert attendee.value == "mailto:ada@example.org"
    assert {name: values[0] for name, values in attendee.params.items()} == {
        "CN": "Ada Example",
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "NEEDS-ACTION",
        "RSVP": "TRUE",
        "X-NUM-GUESTS": "0",
    }
    conference = read(invite).vevent.conference
    assert conference.value == "https://meet.example.org/a"
    assert conference.params == {"VALUE": ["URI"], "FEATURE": ["VIDEO"]}


def test_a_withdrawal_says_so_and_gives_no_way_in() -> None:
    withdrawal = render_invite(an_issue(an_event("2027-11-04T12:30"), Method.CANCEL, sequence=1))
    assert "\r\nMETHOD:CANCEL\r\n" in withdrawal
    assert "\r\nSTATUS:CANCELLED\r\n" in withdrawal
    assert "meet.example.org" not in withdrawal
    assert "VALARM" not in withdrawal


def with_choices(**choices: Any) -> EventFacts:
    return replace(an_event("2027-11-04T12:30"), invites=InviteFacts(**choices))


def test_whoever_is_not_asked_for_an_answer_has_said_yes_already() -> None:
    attendee = read(render_invite(an_issue(with_choices(asks_for_rsvp=False)))).vevent.attendee
    assert (attendee.params["PARTSTAT"], attendee.params["RSVP"]) == (["ACCEPTED"], ["FALSE"])


@pytest.mark.parametrize(("minutes", "trigger"), [(0, None), (10, "-PT10M"), (1440, "-P1D")])
def test_the_reminder_comes_when_the_organiser_chose(minutes: int, trigger: str | None) -> None:
    invite = render_invite(an_issue(with_choices(reminder_minutes=minutes)))
    assert f"\r\nTRIGGER:{trigger}\r\n" in invite if trigger else "VALARM" not in invite


def test_an_invite_names_the_organiser_that_was_chosen() -> None:
    named = read(render_invite(an_issue(with_choices(organiser_name="Ada, Host")))).vevent.organizer
    assert (named.params["CN"], named.value) == (["Ada, Host"], f"mailto:{SENDER[1]}")
    elsewhere = read(render_invite(an_issue(with_choices(organiser_email="ada@host.example.org")))).vevent.organizer
    assert (elsewhere.params["CN"], elsewhere.value) == ([SENDER[0]], "mailto:ada@host.example.org")


def test_a_person_written_to_in_welsh_reads_welsh() -> None:
    event = an_event("2027-11-04T12:30")
    welsh = a_notice(event, recipient=Recipient(person_id="p", name="Ada", email="ada@example.org", language="cy"))
    assert (
        "Ymuno: https://meet.example.org/a"
        in read(render_invite(an_issue(event, notice=welsh))).vevent.description.value
    )


NASTY = st.text(max_size=120) | st.sampled_from(
    ["a\r\nATTENDEE:mailto:eve@example.org", 'x";CN="y', "ŵ" * 90, "a\\nb;c,d", "\x00\x07\x85", "\ud800", "\u2028"]
)


@given(title=NASTY, name=NASTY, description=NASTY)
def test_nothing_that_people_type_breaks_the_form(title: str, name: str, description: str) -> None:
    event = replace(an_event("2027-11-04T12:30"), title=title, description=description)
    notice = a_notice(event, recipient=replace(ADA, name=name))

    text = render_invite(an_issue(event, notice=notice))

    assert text.endswith("END:VCALENDAR\r\n")
    assert not text.endswith("\r\n\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert "\r" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert not any(ord(letter) < 32 and letter not in "\r\n\t" for letter in text)
    (attendee,) = read(text).vevent.attendee_list
    assert attendee.value == "mailto:ada@example.org"


def test_an_address_with_odd_letters_stays_one_bare_uri() -> None:
    event = an_event("2027-11-04T12:30")
    odd = a_notice(event, recipient=replace(ADA, email="ada+news%x@example.org"))
    assert read(render_invite(an_issue(event, notice=odd))).vevent.attendee.value == "mailto:ada+news%25x@example.org"


def instants_of(calendar: Any) -> list[datetime]:
    """The starts (UTC) that the rule and its exceptions come to, by the wall clock in London."""
    whole = next(event for event in calendar.vevent_list if not hasattr(event, "recurrence_id"))
    replaced = {
        event.recurrence_id.value.replace(tzinfo=None): event.dtstart.value.astimezone(UTC)
        for event in calendar.vevent_list
        if hasattr(event, "recurrence_id")
    }
    turns = [turn.replace(tzinfo=None) for turn in whole.getrruleset()]
    return [replaced.get(turn) or turn.replace(tzinfo=ZoneInfo("Europe/London")).astimezone(UTC) for turn in turns]


def test_a_weekly_programme_keeps_its_hour_over_the_change_of_clocks() -> None:
    event = an_event("2027-10-21T12:30", "2027-10-28T12:30", "2027-11-04T12:30", "2027-11-11T12:30")

    invite = read(render_invite(an_issue(event)))

    assert invite.vevent.rrule.value == "FREQ=WEEKLY;COUNT=4;BYDAY=TH"
    assert instants_of(invite) == [session.starts_at for session in event.sessions]


def test_a_session_that_moved_is_an_exception_to_the_series() -> None:
    event = an_event("2027-11-04T12:30", "2027-11-11T12:30", "2027-11-19T10:00", "2027-11-25T12:30")

    invite = read(render_invite(an_issue(event)))

    assert [event.uid.value for event in invite.vevent_list] == ["r1-s1@charity.example.org"] * 2
    assert instants_of(invite) == [session.starts_at for session in event.sessions]


def test_a_cancelled_session_leaves_the_series() -> None:
    event = an_event("2027-11-04T12:30", "2027-11-11T12:30", "2027-11-18T12:30")
    event = replace(event, sessions=(event.sessions[0], replace(event.sessions[1], cancelled=True), event.sessions[2]))
    assert instants_of(read(render_invite(an_issue(event)))) == [
        event.sessions[0].starts_at,
        event.sessions[2].starts_at,
    ]


def test_a_series_with_titles_lists_them() -> None:
    event = an_event("2027-11-04T12:30", "2027-11-11T12:30")
    event = replace(event, sessions=tuple(replace(session, title=f"Part {session.id}") for session in event.sessions))
    assert "Thu 4 Nov 2027, 12:30: Part s1" in read(render_invite(an_issue(event))).vevent.description.value


def an_entry(event: EventFacts, **changes: Any) -> Entry:
    session = event.sessions[0]
    entry = Entry(uid="s1@example.org", event=event, session=session, url=event.url, stated_at=STATED, cancelled=False)
    return replace(entry, **changes)


def test_a_feed_tells_readers_its_name_and_when_to_come_again() -> None:
    feed = render_feed("Example Charity", [an_entry(an_event("2027-11-04T12:30"))])
    for line in (
        "NAME:Example Charity",
        "X-WR-CALNAME:Example Charity",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ):
        assert f"\r\n{line}\r\n" in feed
    assert "METHOD" not in feed
    assert "ATTENDEE" not in feed
    assert SENDER[1] not in feed


def test_a_feed_over_several_zones_and_years_has_each_zone_once() -> None:
    events = [
        an_event("2026-11-04T12:30"),
        an_event("2029-06-04T12:30"),
        an_event("2027-07-04T12:30", zone="America/New_York"),
    ]
    feed = read(render_feed("All", [an_entry(event) for event in events]))
    assert sorted(zone.tzid.value for zone in feed.vtimezone_list) == ["America/New_York", "Europe/London"]
    assert [event.dtstart.value.astimezone(UTC) for event in feed.vevent_list] == [
        event.sessions[0].starts_at for event in events
    ]


def test_an_invite_to_one_of_many_sessions_names_the_session() -> None:
    event = an_event("2027-11-04T12:30", "2027-11-09T10:00")
    session = replace(a_session("2027-11-09T10:00", 2), title="Second part")
    invite = read(render_invite(an_issue(event, part=Part("s2", (session,)))))
    assert invite.vevent.summary.value == "Learning together: Second part"


def test_a_calendars_name_is_read_as_it_was_written() -> None:
    name = 'Learning; together, "all of us" \\o/'
    feed = read(render_feed(name, []))
    assert [feed.contents[called][0].value for called in ("name", "x-wr-calname")] == [name, name]


@given(st.text(alphabet="aŵ日^\\;,\n", max_size=400))
def test_a_long_text_is_folded_and_read_as_it_was_written(text: str) -> None:
    event = replace(an_event("2027-11-04T12:30"), description=text)
    invite = render_invite(an_issue(event))
    assert all(len(line.encode()) <= 75 for line in invite.split("\r\n"))
    assert text.strip() in read(invite).vevent.description.value
