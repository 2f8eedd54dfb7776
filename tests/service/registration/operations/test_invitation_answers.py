"""What an answer to an invitation changes: the list, the person's page, the timeline, and sometimes a place."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Registration, TimelineEntry, db
from services.registration.operations.events import notify_of_changes
from shared.database.ids import new_id
from tests.support.browser import Browser
from tests.support.databases import ON_BOTH_DATABASES
from tests.support.invitation_answers import AUTUMN, COURSE, Make, answers, registration_of
from tests.support.notices_owed import kinds_owed

pytestmark = ON_BOTH_DATABASES


def by_session(registration: dict[str, Any]) -> list[tuple[str, str]]:
    return [(rsvp["session"], rsvp["answer"]) for rsvp in registration["rsvps"]]


def test_a_no_to_one_session_is_not_a_no_to_the_other(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course()
    answers(app, "declined", one)
    assert registration_of(client, bearer)["rsvp"] == "mixed"
    answers(app, "accepted", two, minute=1)
    ada = registration_of(client, bearer)
    assert ada["rsvp"] == "mixed"
    assert by_session(ada) == [(one, "declined"), (two, "accepted")]
    answers(app, "accepted", one, minute=2)
    assert registration_of(client, bearer)["rsvp"] == "accepted"


def test_an_answer_to_the_whole_series_is_one_to_each_session(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course()
    answers(app, "accepted")
    assert registration_of(client, bearer)["rsvp"] == "accepted"
    answers(app, "declined", two, minute=1)
    assert by_session(registration_of(client, bearer)) == [(one, "accepted"), (two, "declined")]


def test_an_older_answer_never_replaces_a_newer_one(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course()
    answers(app, "accepted", one, minute=5)
    answers(app, "declined", minute=1)
    assert by_session(registration_of(client, bearer)) == [(one, "accepted"), (two, "declined")]


def test_an_answer_to_a_session_that_is_gone_changes_nothing(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    course()
    answers(app, "declined", str(new_id()))
    assert (registration_of(client, bearer)["rsvp"], registration_of(client, bearer)["rsvps"]) == (None, [])


def test_the_list_can_be_searched_by_answer(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, _ = course()
    answers(app, "tentative", one)
    for asked, names in (("mixed", ["Ada Example"]), ("accepted", [])):
        found = client.get(f"/api/v1/events/a-course/registrations?rsvp={asked}", headers=bearer).get_json()
        assert [registration["name"] for registration in found["registrations"]] == names


def test_lists_to_take_away_say_what_was_answered_by_session(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course()
    answers(app, "declined", two)
    answers(app, "accepted", one, minute=1)
    expected = ["2030-11-04 12:30 accepted", "2030-11-12 10:00 declined"]
    as_json = client.get("/api/v1/events/a-course/attendees.json", headers=bearer).get_json()
    assert [(line["rsvp"], line["rsvp_by_session"]) for line in as_json] == [("mixed", expected), (None, [])]
    as_csv = client.get("/api/v1/events/a-course/attendees.csv", headers=bearer).data.decode("utf-8-sig")
    lines = csv.DictReader(io.StringIO(as_csv, newline=""))
    assert [line["rsvp_by_session"] for line in lines] == ["; ".join(expected), ""]


def test_organisers_see_every_answer_and_what_was_proposed(app: Flask, browser: Browser, course: Make) -> None:
    one, two = course()
    answers(app, "counter", one, comment="Proposes 5 November 2030, 09:00 UTC")
    answers(app, "delegated", two, comment="ben@example.org", minute=1)
    listed = browser.page("/console/events/a-course?rsvp=mixed")
    assert "Differs by session" in listed.partition("<tbody>")[2]
    with app.app_context():
        ada = db.session.scalars(select(Registration).filter_by(name="Ada Example")).one().id
    page = browser.page(f"/console/registrations/{ada}")
    assert "Proposes another time: Proposes 5 November 2030, 09:00 UTC" in page
    assert "Sends somebody else: ben@example.org" in page
    timeline = page.partition("Timeline</h2>")[2]
    assert "Proposes another time, 4 Nov 2030, 12.30: Proposes 5 November 2030, 09:00 UTC" in timeline


@time_machine.travel(AUTUMN)
def test_a_no_keeps_the_place_unless_the_organisers_chose_otherwise(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    course()
    answers(app, "declined")
    assert (registration_of(client, bearer)["status"], registration_of(client, bearer)["rsvp"]) == (
        "confirmed",
        "declined",
    )
    assert registration_of(client, bearer, "Ben")["status"] == "waitlisted"


@time_machine.travel(AUTUMN)
def test_a_no_to_all_of_it_gives_the_place_to_the_person_who_waits(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course(decline_frees_place=True)
    answers(app, "declined", one)
    assert registration_of(client, bearer)["status"] == "confirmed"
    answers(app, "declined", two, minute=1)
    assert registration_of(client, bearer)["status"] == "cancelled"
    assert registration_of(client, bearer, "Ben")["status"] == "confirmed"
    with app.app_context():
        cancelled = db.session.scalars(select(TimelineEntry).filter_by(what="cancelled")).one()
        assert (cancelled.actor, cancelled.detail) == ("registrant", {"reason": "declined the invitation"})
    assert kinds_owed(app) == ["confirmed", "waitlisted", "cancelled", "place_came_free"]


def test_a_no_after_the_event_frees_nothing(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    course(decline_frees_place=True)
    with time_machine.travel(datetime(2030, 12, 1, tzinfo=UTC)):
        answers(app, "declined")
    assert registration_of(client, bearer)["status"] == "confirmed"


@time_machine.travel(AUTUMN)
def test_a_person_who_registers_again_is_asked_again(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    course(decline_frees_place=True)
    answers(app, "declined")
    body = {"name": "Ada Example", "email": "ada@example.org", "consents": ["privacy"]}
    client.post("/api/v1/events/a-course/registrations", json=body)
    ada = registration_of(client, bearer)
    assert (ada["status"], ada["rsvp"], ada["rsvps"]) == ("waitlisted", None, [])


def test_a_session_that_moves_is_asked_about_again(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course()
    answers(app, "accepted")
    moved = {**COURSE["sessions"][0], "id": one, "starts_at": "2030-11-04T13:00"}
    sessions = [moved, {**COURSE["sessions"][1], "id": two}]
    client.patch("/api/v1/events/a-course", json={"sessions": sessions}, headers=bearer)
    with app.app_context():
        notify_of_changes()
        db.session.commit()
    ada = registration_of(client, bearer)
    assert by_session(ada) == [(two, "accepted")]
    assert ada["rsvp"] == "mixed"


def test_a_cancelled_session_no_longer_counts(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course()
    answers(app, "declined", one)
    answers(app, "accepted", two, minute=1)
    kept = {"sessions": [{**COURSE["sessions"][1], "id": two}]}
    client.patch("/api/v1/events/a-course", json=kept, headers=bearer)
    with app.app_context():
        notify_of_changes()
        db.session.commit()
    assert registration_of(client, bearer)["rsvp"] == "accepted"
