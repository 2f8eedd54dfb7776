"""What happens to a notice on its way through calendar."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import vobject
from sqlalchemy import select

from services.calendar.models import Invitation, Registration, db
from shared.contracts.notices import Invite, InviteFacts, Kind, MailDue
from shared.contracts.receipts import Outcome, Settled
from tests.support.calendar_world import ADA, STATED, World, a_notice, an_event, mail_in, without_session


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def read(invite: Invite | None) -> Any:
    assert invite is not None
    calendar = vobject.readOne(invite.content)  # type: ignore[attr-defined, no-untyped-call]
    assert calendar.method.value == invite.method
    return calendar.vevent


def later(minutes: int = 1) -> Any:
    return STATED + timedelta(minutes=minutes)


NOVEMBER = an_event("2027-11-04T12:30")
DECEMBER = an_event("2027-12-02T12:30")
IRREGULAR = an_event("2027-11-04T12:30", "2027-11-09T10:00", "2027-12-01T15:00")


def test_a_confirmation_goes_on_with_the_invite(world: World) -> None:
    message_id = "0192d3b0-0000-7000-8000-000000000001"

    invite = world.tell(a_notice(NOVEMBER), message_id=message_id)

    assert read(invite).uid.value == "r1-e1s1@charity.example.org"
    assert read(invite).sequence.value == "0"
    assert world.sent[-1][1].id == message_id


def test_the_same_message_again_has_the_same_bytes(world: World) -> None:
    message_id = "0192d3b0-0000-7000-8000-000000000001"
    first = world.tell(a_notice(NOVEMBER), message_id=message_id)
    again = world.tell(a_notice(NOVEMBER), message_id=message_id, ordinal=1)
    assert first == again


def test_the_same_state_in_a_new_notice_has_the_same_bytes(world: World) -> None:
    first = world.tell(a_notice(NOVEMBER))
    assert world.tell(a_notice(NOVEMBER, stated_at=later())) == first


def test_a_new_time_raises_the_sequence_and_keeps_the_uid(world: World) -> None:
    first = read(world.tell(a_notice(NOVEMBER)))
    moved = read(world.tell(a_notice(DECEMBER, Kind.CHANGED, stated_at=later())))
    assert moved.uid.value == first.uid.value
    assert moved.sequence.value == "1"
    assert moved.dtstart.value.month == 12
    assert moved.created.value == first.created.value


def test_a_cancellation_withdraws_the_invite_and_a_return_brings_it_back(world: World) -> None:
    first = read(world.tell(a_notice(NOVEMBER)))
    gone = world.tell(a_notice(NOVEMBER, Kind.CANCELLED, holds_place=False, stated_at=later(1)))
    back = world.tell(a_notice(NOVEMBER, stated_at=later(2)))
    assert gone is not None
    assert (gone.method, read(gone).sequence.value, read(gone).status.value) == ("CANCEL", "1", "CANCELLED")
    assert back is not None
    assert (back.method, read(back).sequence.value, read(back).uid.value) == ("REQUEST", "2", first.uid.value)


def test_choices_show_from_the_next_invite_on_but_its_organiser_stays_who_it_was(world: World) -> None:
    first = world.tell(a_notice(NOVEMBER))
    chosen = InviteFacts(reminder_minutes=0, organiser_name="Ada Host", organiser_email="ada@host.example.org")
    assert world.tell(a_notice(replace(NOVEMBER, invites=chosen), stated_at=later())) == first
    moved = read(world.tell(a_notice(replace(DECEMBER, invites=chosen), stated_at=later(2))))
    assert (moved.organizer.value, moved.organizer.params["CN"]) == ("mailto:events@charity.example.org", ["Ada Host"])
    assert not hasattr(moved, "valarm")
    gone = a_notice(replace(DECEMBER, invites=chosen), Kind.CANCELLED, holds_place=False, stated_at=later(3))
    assert read(world.tell(gone)).organizer.value == "mailto:events@charity.example.org"


def test_whoever_only_waited_gets_no_calendar_part(world: World) -> None:
    assert world.tell(a_notice(NOVEMBER, Kind.WAITLISTED, holds_place=False)) is None
    assert world.tell(a_notice(NOVEMBER, Kind.CANCELLED, holds_place=False)) is None


def test_the_confirmation_that_arrives_after_the_cancellation_sends_nothing(world: World) -> None:
    world.tell(a_notice(NOVEMBER), ordinal=1)
    world.tell(a_notice(NOVEMBER, Kind.CANCELLED, holds_place=False, stated_at=later(2)), ordinal=3)
    message_id = "0192d3b0-0000-7000-8000-000000000002"
    due = a_notice(NOVEMBER, stated_at=later(1))
    from shared.contracts.notices import NoticeDue

    world.receive(NoticeDue(notice=due), key="r1", ordinal=2, message_id=message_id)
    to, envelope = world.sent[-1]
    assert (to, envelope.type, envelope.body["outcome"]) == ("registration", "settled", "superseded")


def test_a_weekly_programme_is_one_invite(world: World) -> None:
    weekly = an_event("2027-11-04T12:30", "2027-11-11T12:30", "2027-11-18T12:30")
    first = read(world.tell(a_notice(weekly)))
    assert first.rrule.value == "FREQ=WEEKLY;COUNT=3;BYDAY=TH"
    moved = an_event("2027-11-04T12:30", "2027-11-12T09:00", "2027-11-18T12:30")
    invite = world.tell(a_notice(moved, Kind.CHANGED, stated_at=later()))
    assert invite is not None
    assert read(invite).uid.value == first.uid.value
    assert "RECURRENCE-ID;TZID=Europe/London:20271111T123000" in invite.content
    assert world.owed() == []


def test_a_cancelled_series_is_withdrawn_whole(world: World) -> None:
    weekly = an_event("2027-11-04T12:30", "2027-11-11T12:30", "2027-11-18T12:30")
    world.tell(a_notice(weekly))
    gone = world.tell(a_notice(weekly, Kind.EVENT_CANCELLED, holds_place=False, stated_at=later()))
    assert gone is not None
    assert gone.content.count("BEGIN:VEVENT") == 1
    assert "EXDATE" not in gone.content
    assert read(gone).rrule.value == "FREQ=WEEKLY;COUNT=3;BYDAY=TH"


def mails_owed(world: World) -> list[tuple[str, int, MailDue]]:
    return [(row.key, row.ordinal, MailDue.wire_schema.load(row.body)) for row in world.owed()]


def test_irregular_sessions_have_a_mail_each(world: World) -> None:
    assert world.tell(a_notice(IRREGULAR)) is None

    owed = mails_owed(world)

    assert [(key, ordinal) for key, ordinal, _ in owed] == [("r1/e1s1", 0), ("r1/e1s2", 0), ("r1/e1s3", 0)]
    for number, (_, _, mail) in enumerate(owed):
        assert mail.notice.kind == Kind.SESSION
        assert mail.notice.event.sessions == (IRREGULAR.sessions[number],)
        assert read(mail.invite).uid.value == f"r1-e1s{number + 1}@charity.example.org"


def test_a_notice_of_change_carries_the_sessions_as_the_person_last_heard_of_them(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    assert mail_in(world.sent[-1][1]).notice.before == ()
    moved = replace(DECEMBER, sessions=(replace(DECEMBER.sessions[0], title="Afterwards"),))
    for before, now in ((NOVEMBER, DECEMBER), (DECEMBER, moved)):
        world.tell(a_notice(now, Kind.CHANGED, stated_at=later()))
        assert mail_in(world.sent[-1][1]).notice.before == before.sessions


def test_a_person_who_was_never_told_of_the_sessions_hears_nothing_of_the_old_ones(world: World) -> None:
    world.tell(a_notice(NOVEMBER, Kind.CHANGED, holds_place=False))
    assert mail_in(world.sent[-1][1]).notice.before == ()


def test_a_mail_about_a_session_that_moved_carries_the_sessions_before(world: World) -> None:
    world.tell(a_notice(IRREGULAR))
    first, *others = IRREGULAR.sessions
    later_start = replace(first, starts_at=first.starts_at + timedelta(hours=1))
    world.tell(a_notice(replace(IRREGULAR, sessions=(later_start, *others)), Kind.CHANGED, stated_at=later()))
    assert mails_owed(world)[-1][2].notice.before == IRREGULAR.sessions


def test_the_session_mails_leave_after_the_commit_and_their_receipts_settle_them(world: World) -> None:
    world.tell(a_notice(IRREGULAR))
    mails = [envelope for to, envelope in world.sent if to == "notifications" and "/" in envelope.key]
    assert [mail_in(mail).notice.kind for mail in mails] == [Kind.SESSION] * 3
    assert {mail.origin for mail in mails} == {"calendar"}

    world.receive(Settled(message_id=mails[0].id, outcome=Outcome.SENT, at=STATED), key=mails[0].key, ordinal=0)

    assert [row.outcome for row in world.owed()] == ["sent", None, None]


def test_cancelling_one_session_touches_only_that_one(world: World) -> None:
    world.tell(a_notice(IRREGULAR))
    world.tell(a_notice(without_session(IRREGULAR, 2), Kind.CHANGED, stated_at=later()))
    (key, ordinal, mail), *others = mails_owed(world)[3:]
    assert others == []
    assert (key, ordinal) == ("r1/e1s2", 1)
    assert mail.invite is not None
    assert mail.invite.method == "CANCEL"
    assert mail.notice.event.sessions[0].cancelled


def test_a_session_that_is_dropped_without_a_trace_is_withdrawn_too(world: World) -> None:
    world.tell(a_notice(IRREGULAR))
    world.tell(a_notice(replace(IRREGULAR, sessions=IRREGULAR.sessions[:2]), Kind.CHANGED, stated_at=later()))
    (key, _, mail), *others = mails_owed(world)[3:]
    assert others == []
    assert key == "r1/e1s3"
    assert read(mail.invite).status.value == "CANCELLED"


def test_losing_the_place_withdraws_every_session_to_come(world: World) -> None:
    world.tell(a_notice(IRREGULAR))
    after_the_first = IRREGULAR.sessions[0].ends_at
    world.tell(a_notice(IRREGULAR, Kind.CANCELLED, holds_place=False, stated_at=after_the_first))
    assert [(key, mail.invite.method) for key, _, mail in mails_owed(world)[3:] if mail.invite] == [
        ("r1/e1s2", "CANCEL"),
        ("r1/e1s3", "CANCEL"),
    ]


def test_more_than_six_irregular_sessions_are_left_to_the_subscription(world: World) -> None:
    many = an_event(*(f"2027-11-{day:02}T{day % 5 + 9:02}:00" for day in (1, 2, 5, 9, 12, 17, 26)))
    assert world.tell(a_notice(many)) is None
    assert world.owed() == []


def test_a_fan_out_stays_in_bulk(world: World) -> None:
    world.tell(a_notice(IRREGULAR), bulk=True)
    assert [row.bulk for row in world.owed()] == [True] * 3


def test_a_new_address_gets_an_invite_of_its_own(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    moved = read(world.tell(a_notice(NOVEMBER, recipient=replace(ADA, email="ada@new.example.org"))))
    assert moved.attendee.value == "mailto:ada@new.example.org"
    assert moved.sequence.value == "1"


def test_the_digest_of_the_address_does_not_depend_on_its_case(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    first = world.tell(a_notice(NOVEMBER, recipient=replace(ADA, email="ada@example.org")))
    assert first is not None
    assert read(first).sequence.value == "0"
    with world.app.app_context():
        assert len(db.session.scalars(select(Invitation)).all()) == 1


def test_a_series_that_is_written_in_utc_goes_on_in_utc_when_a_session_moves(world: World) -> None:
    weeks = ["2027-01-28", "2027-02-04", "2027-02-11", "2027-02-18", "2027-02-25"]  # Casablanca goes back on 7 February
    event = replace(an_event(*(f"{day}T10:00" for day in weeks)), timezone="Africa/Casablanca")
    world.tell(a_notice(event))
    sessions = list(event.sessions)
    moved = timedelta(days=1)
    third = sessions[2]
    sessions[2] = replace(third, starts_at=third.starts_at + moved, ends_at=third.ends_at + moved)
    later = a_notice(replace(event, sessions=tuple(sessions)), Kind.CHANGED, stated_at=STATED + timedelta(days=1))
    invite = world.tell(later)
    assert invite is not None
    assert "TZID" not in invite.content
    assert re.findall(r"RECURRENCE-ID[^\r]*", invite.content) == ["RECURRENCE-ID:20270211T100000Z"]
    assert "EXDATE" not in invite.content


def test_a_sessions_own_title_raises_the_sequence(world: World) -> None:
    world.tell(a_notice(NOVEMBER))
    named = replace(NOVEMBER, sessions=(replace(NOVEMBER.sessions[0], title="First steps"),))
    told = read(world.tell(a_notice(named, Kind.CHANGED, stated_at=later())))
    assert (told.sequence.value, told.summary.value) == ("1", "Learning together: First steps")


def test_two_titled_sessions_that_swap_their_times_are_both_sent_again(world: World) -> None:
    one, two, three = (replace(session, title=f"Part {session.id}") for session in IRREGULAR.sessions)
    world.tell(a_notice(replace(IRREGULAR, sessions=(one, two, three))))
    swapped = (
        replace(one, starts_at=two.starts_at, ends_at=two.ends_at),
        replace(two, starts_at=one.starts_at, ends_at=one.ends_at),
        three,
    )
    world.tell(a_notice(replace(IRREGULAR, sessions=swapped), Kind.CHANGED, stated_at=later()))
    assert [(key, ordinal) for key, ordinal, _ in mails_owed(world)[3:]] == [("r1/e1s1", 1), ("r1/e1s2", 1)]


def test_the_notice_is_sent_before_the_separate_mails(world: World) -> None:
    world.tell(a_notice(IRREGULAR))
    assert [mail_in(envelope).notice.kind for _, envelope in world.sent] == [Kind.CONFIRMED, *[Kind.SESSION] * 3]


def test_an_event_that_grows_beyond_six_sessions_is_whole_in_the_calendars_of_those_who_had_invites(
    world: World,
) -> None:
    world.tell(a_notice(IRREGULAR))
    days = (f"2027-12-{day:02}T09:00" for day in (3, 8, 9, 14, 17))
    grown = an_event("2027-11-04T12:30", "2027-11-09T10:00", "2027-12-01T15:00", *days)
    world.tell(a_notice(grown, Kind.CHANGED, stated_at=later()))
    assert [key for key, _, _ in mails_owed(world)] == [f"r1/e1s{number}" for number in range(1, 9)]


def test_a_corrected_address_gets_the_invite_and_the_wrong_one_sees_nothing_more(world: World) -> None:
    right = replace(ADA, person_id="p2", email="ada.right@example.org")
    first = read(world.tell(a_notice(NOVEMBER)))
    second = world.tell(replace(a_notice(NOVEMBER, stated_at=later()), recipient=right))
    entry = read(second)
    assert second is not None
    assert second.method == "REQUEST"
    assert (entry.uid.value, entry.sequence.value) == (first.uid.value, "1")
    assert entry.attendee.value == "mailto:ada.right@example.org"
    assert mail_in(world.sent[-1][1]).notice.recipient.email == "ada.right@example.org"
    with world.app.app_context():
        (registration,) = db.session.scalars(select(Registration))
        assert registration.person_id == "p2"
