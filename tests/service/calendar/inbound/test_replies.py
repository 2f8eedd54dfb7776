"""What an answer to an invitation changes, by whichever way it comes."""

import imaplib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, func, select

from services.calendar.inbound.imap import read_imap
from services.calendar.inbound.maildir import read_maildir
from services.calendar.inbound.replies import take_in
from services.calendar.jobs import forget_the_past
from services.calendar.models import Invitation, Listing, Mailbox, Registration, Rsvp, db
from shared.runtime.settings import BadSetting
from tests.support.calendar_answers import KEY, UID, a_reply, answers_owed, post
from tests.support.calendar_world import STATED, World, a_notice, an_event
from tests.support.imap_server import ImapServer

pytestmark = pytest.mark.usefixtures("late_october")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, monkeypatch, INBOUND_KEY=KEY)
    world.tell(a_notice(an_event("2027-11-04T12:30")))
    return world


def test_an_acceptance_is_owed_to_registration(world: World) -> None:
    assert post(world, a_reply()).json == {"accepted": True, "reason": ""}
    assert answers_owed(world) == [("rsvp r1/e1s1", 1, "accepted")]
    with world.app.app_context():
        rsvp = db.session.scalars(select(Rsvp)).one()
        assert (rsvp.uid, rsvp.session_id, rsvp.answer) == (UID, "e1s1", "accepted")


def test_a_change_of_mind_replaces_the_answer(world: World) -> None:
    post(world, a_reply("ACCEPTED", stamp="20271020T091500Z"))
    post(world, a_reply("DECLINED", stamp="20271021T091500Z"))
    assert answers_owed(world)[1:] == [("rsvp r1/e1s1", 2, "declined")]


def test_an_older_answer_that_comes_late_changes_nothing(world: World) -> None:
    post(world, a_reply("DECLINED", stamp="20271021T091500Z"))
    late = post(world, a_reply("ACCEPTED", stamp="20271020T091500Z"))
    assert late.json == {"accepted": False, "reason": "a later answer is known"}
    assert [answer for _, _, answer in answers_owed(world)] == ["declined"]


def test_the_same_answer_again_is_owed_once(world: World) -> None:
    post(world, a_reply())
    assert post(world, a_reply()).json["reason"] == "it is known already"
    assert len(answers_owed(world)) == 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (a_reply(attendee="eve@example.org"), "the attendee is not whom we invited"),
        (a_reply(uid="r2-e1s1@charity.example.org"), "the UID is none of ours"),
        (b"Subject: Thank you\r\n\r\nSee you there.", "there is no answer to an invitation in it"),
    ],
)
def test_what_is_not_the_invited_persons_answer_is_ignored(world: World, raw: bytes, reason: str) -> None:
    with structlog.testing.capture_logs() as logs:
        assert post(world, raw).json == {"accepted": False, "reason": reason}
    assert answers_owed(world) == []
    assert "@" not in str(logs)


def test_a_delegation_counts_for_who_was_invited(world: World) -> None:
    post(world, a_reply('DELEGATED;DELEGATED-TO="mailto:bo@example.org"'))
    assert [answer for _, _, answer in answers_owed(world)] == ["delegated"]


def test_an_answer_about_one_of_a_series_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, monkeypatch)
    world.tell(a_notice(an_event("2027-11-04T12:30", "2027-11-11T12:30", "2027-11-18T12:30")))
    series = "r1-e1@charity.example.org"
    with world.app.app_context():
        assert take_in(a_reply(uid=series)).accepted
        assert take_in(a_reply("DECLINED", uid=series, more="RECURRENCE-ID:20271111T123000Z\r\n")).accepted
        assert not take_in(a_reply("DECLINED", uid=series, more="RECURRENCE-ID:20271112T123000Z\r\n")).accepted
        db.session.commit()
    assert answers_owed(world) == [("rsvp r1/", 1, "accepted"), ("rsvp r1/e1s2", 1, "declined")]


def test_the_door_for_mails_opens_only_to_its_key(world: World) -> None:
    assert post(world, a_reply(), key="another").status_code == 401
    assert world.client.post("/calendar/inbound", data=a_reply()).status_code == 401
    assert answers_owed(world) == []


def test_without_a_key_there_is_no_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert post(World(tmp_path, monkeypatch), a_reply(), key="").status_code == 404


def test_a_mail_of_more_than_a_mebibyte_is_refused_at_the_door(world: World) -> None:
    assert post(world, a_reply() + b"x" * 1024 * 1024).status_code == 413


@pytest.fixture(scope="module")
def invited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which Ada and nobody else has been invited."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        world = World(tmp_path_factory.mktemp("fuzz"), monkeypatch)
        world.tell(a_notice(an_event("2027-11-04T12:30")))
        yield world


SOMEBODY = st.sampled_from(["eve@example.org", "ada@example.com", "ada@example.org.example.com", "a", ""]) | st.emails()
ANY_UID = st.sampled_from([UID, UID.upper(), "x"]) | st.text(max_size=300)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    attendee=SOMEBODY, uid=st.sampled_from([UID, UID.upper(), "x"]) | st.text(max_size=300), more=st.binary(max_size=60)
)
def test_nobody_else_can_answer(invited: World, attendee: str, uid: str, more: bytes) -> None:
    raw = a_reply(uid=uid, attendee=attendee).replace(b"END:VEVENT", more + b"\r\nEND:VEVENT")
    with invited.app.app_context():
        assert not take_in(raw).accepted
        db.session.commit()
    assert answers_owed(invited) == []


def test_a_maildir_is_read_once_and_past_what_cannot_be_read(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "replies"
    with world.app.app_context():
        assert read_maildir(str(folder)) == 0
        for name, raw in {"1": b"\xff\x00nonsense", "2": b"x" * (1024 * 1024 + 1), "3": a_reply()}.items():
            (folder / "new" / name).write_bytes(raw)
        assert read_maildir(str(folder)) == 1
        assert read_maildir(str(folder)) == 0
    assert sorted(path.name for path in (folder / "cur").iterdir()) == ["1:2,S", "2:2,S", "3:2,S"]
    assert len(answers_owed(world)) == 1


def test_an_imap_mailbox_is_read_from_where_we_left_off(world: World) -> None:
    with ImapServer() as server, world.app.app_context():
        server.deliver(b"Subject: A question\r\n\r\nWhere is it?\r\n")
        server.deliver(a_reply())
        assert read_imap(server.url) == 1
        assert server.seen == {2}, "what people must read stays unread"
        server.fetched.clear()
        server.deliver(a_reply("DECLINED", stamp="20271021T091500Z"))
        assert read_imap(server.url) == 1
        assert server.fetched == [3]
    assert [answer for _, _, answer in answers_owed(world)] == ["accepted", "declined"]


def test_an_answer_and_the_position_after_it_are_kept_even_if_the_server_goes_away_at_once(world: World) -> None:
    with ImapServer() as server, world.app.app_context():
        server.deliver(a_reply())
        with pytest.MonkeyPatch.context() as broken:
            broken.setattr(server, "_mark_as_seen", lambda uid: 1 / 0)
            with pytest.raises((OSError, imaplib.IMAP4.error)):
                read_imap(server.url)
        assert db.session.scalars(select(Mailbox.last_uid)).all() == [1]
    assert len(answers_owed(world)) == 1


def test_an_answer_that_cannot_be_committed_does_not_move_the_position(world: World) -> None:
    def fail_to_commit(connection: Connection) -> None:
        if connection.execute(select(func.count()).select_from(Rsvp)).scalar():
            raise ConnectionError

    with ImapServer() as server, world.app.app_context():
        server.deliver(a_reply())
        event.listen(db.engine, "commit", fail_to_commit)
        with pytest.raises(ConnectionError):
            read_imap(server.url)
        db.session.rollback()
        event.remove(db.engine, "commit", fail_to_commit)
        assert db.session.scalars(select(Mailbox.last_uid)).all() == [0]
        assert read_imap(server.url) == 1
    assert len(answers_owed(world)) == 1


def test_a_mailbox_that_was_numbered_anew_is_read_anew(world: World) -> None:
    with ImapServer() as server, world.app.app_context():
        server.deliver(b"Subject: A question\r\n\r\nWhere is it?\r\n")
        assert read_imap(server.url) == 0
        server.renumber()
        server.deliver(a_reply())
        assert read_imap(server.url) == 1


def test_a_mail_too_large_is_not_fetched(world: World) -> None:
    with ImapServer() as server, world.app.app_context():
        server.deliver(a_reply() + b"x" * 1024 * 1024)
        server.deliver(a_reply())
        assert read_imap(server.url) == 1
        assert server.fetched == [2]


@pytest.mark.parametrize(
    "url", ["imap://user:pass@mail.example.org/INBOX", "imaps://mail.example.org/INBOX", "http://u:p@example.org"]
)
def test_a_mailbox_that_would_be_read_in_the_clear_ends_start_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with pytest.raises(BadSetting, match="IMAP_URL"):
        World(tmp_path, monkeypatch, IMAP_URL=url)


def test_the_clock_reads_what_is_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(
        tmp_path, monkeypatch, INBOUND_MAILDIR=str(tmp_path / "replies"), IMAP_URL="imaps://u:p@example.org/x"
    )
    assert [job.name for job in world.app.extensions["jobs"]] == ["forget", "read IMAP", "read Maildir"]


def test_people_are_forgotten_ninety_days_after_their_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, monkeypatch)
    past, recent = an_event("2020-01-09T10:00"), an_event("2026-01-08T10:00", event_id="e2")
    told = past.sessions[0].starts_at - timedelta(days=1)
    world.tell(a_notice(past, stated_at=told))
    world.show(past)
    monkeypatch.setattr("services.calendar.jobs.now", lambda: recent.sessions[0].starts_at)
    world.tell(a_notice(recent, registration_id="r2", stated_at=STATED))
    with world.app.app_context():
        take_in(a_reply())
        forget_the_past()
        assert db.session.scalars(select(Registration.id)).all() == ["r2"]
        assert db.session.scalars(select(Invitation.registration_id)).all() == ["r2"]
        assert db.session.scalars(select(Rsvp)).all() == []
        assert db.session.scalars(select(Listing)).all() == []
