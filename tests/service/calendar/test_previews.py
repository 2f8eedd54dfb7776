"""What a notice would become, asked before it is sent: the same to the byte, and nothing is kept of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from services.calendar.models import Outbox, Registration, db
from shared.contracts import decode, encode
from shared.contracts.notices import EventFacts, InviteFacts, Kind, Method, Notice, NoticeDue
from shared.contracts.previews import InviteRead, Plan
from tests.support.calendar_world import World, a_notice, an_event, mail_in
from tests.support.service_calls import signed

ONE = an_event("2027-11-04T12:30")
WEEKLY = an_event("2027-10-21T12:30", "2027-10-28T12:30", "2027-11-04T12:30")
IRREGULAR = an_event("2027-11-04T12:30", "2027-11-09T10:00", "2027-12-01T15:00")
MANY = an_event(*(f"2027-11-{day:02}T{day % 5 + 9:02}:00" for day in (1, 2, 5, 9, 12, 17, 26)))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def plan_of(world: World, notice: Notice) -> Plan:
    body = json.dumps(encode(NoticeDue(notice=notice)))
    answer = world.client.post("/calendar/preview", data=body, headers=signed(world.app, body))
    assert answer.status_code == 200
    plan = decode("plan", 1, answer.get_json())
    assert isinstance(plan, Plan)
    return plan


@pytest.mark.parametrize(("event", "mails"), [(ONE, 1), (WEEKLY, 1), (IRREGULAR, 4), (MANY, 1)])
def test_a_preview_is_what_would_be_sent_to_the_byte(world: World, event: EventFacts, mails: int) -> None:
    notice = a_notice(event)
    planned = [one.mail for one in plan_of(world, notice).mails]
    assert len(planned) == mails

    world.tell(notice)

    with world.app.app_context():
        owed = [
            decode(row.type, row.version, row.body) for row in db.session.scalars(select(Outbox).order_by(Outbox.id))
        ]
    assert planned == [mail_in(world.sent[0][1]), *owed]


def test_nothing_is_kept_of_a_preview(world: World) -> None:
    plan_of(world, a_notice(IRREGULAR))
    with world.app.app_context():
        for table in (Registration, Outbox):
            assert db.session.scalar(select(func.count()).select_from(table)) == 0
    assert world.sent == []


def test_a_preview_tells_what_calendars_read(world: World) -> None:
    chosen = InviteFacts(asks_for_rsvp=False, reminder_minutes=60, organiser_name="Ada Host")
    (planned,) = plan_of(world, a_notice(replace(WEEKLY, invites=chosen))).mails
    assert planned.invite == InviteRead(
        method=Method.REQUEST,
        starts_at=datetime(2027, 10, 21, 11, 30, tzinfo=UTC),
        ends_at=datetime(2027, 10, 21, 13, 0, tzinfo=UTC),
        timezone="Europe/London",
        repeats="FREQ=WEEKLY;COUNT=3;BYDAY=TH",
        organiser_name="Ada Host",
        organiser_email="events@charity.example.org",
        asks_for_rsvp=False,
        reminder_minutes=60,
    )


def test_without_a_place_there_is_no_invite(world: World) -> None:
    (planned,) = plan_of(world, a_notice(ONE, Kind.WAITLISTED, holds_place=False)).mails
    assert (planned.invite, planned.mail.invite) == (None, None)


def test_only_our_own_services_may_ask(world: World) -> None:
    body = json.dumps(encode(NoticeDue(notice=a_notice(ONE))))
    other = signed(world.app, body + " ")
    for headers in ({}, {"Authorization": "Bearer nonsense"}, other):
        answer: Any = world.client.post("/calendar/preview", data=body, headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize("body", ["", "[]", "{}", "not JSON"])
def test_what_is_no_question_is_refused(world: World, body: str) -> None:
    assert world.client.post("/calendar/preview", data=body, headers=signed(world.app, body)).status_code == 400
