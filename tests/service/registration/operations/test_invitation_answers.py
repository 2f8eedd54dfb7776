"""What an answer to an invitation changes: the list, the person's page, the timeline, and sometimes a place."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Outbox, Registration, TimelineEntry, db, queue
from services.registration.operations.events import notify_of_changes
from shared.contracts import encode
from shared.contracts.receipts import Answer, RsvpReceived
from shared.database.ids import new_id
from shared.messaging.envelope import Envelope
from tests.support.browser import Browser

AUTUMN = datetime(2030, 10, 1, 9, tzinfo=UTC)
COURSE: dict[str, Any] = {
    "title": "A course",
    "slug": "a-course",
    "timezone": "Europe/London",
    "capacity": 1,
    "sessions": [
        {"title": "One", "starts_at": "2030-11-04T12:30", "ends_at": "2030-11-04T14:00"},
        {"title": "Two", "starts_at": "2030-11-12T10:00", "ends_at": "2030-11-12T11:00"},
    ],
}
Make = Callable[..., list[str]]


@pytest.fixture
def course(client: FlaskClient, bearer: dict[str, str]) -> Make:
    """Makes and publishes the course with one place, which Ada has and Ben waits for. Returns its sessions' ids."""

    def make(**invites: Any) -> list[str]:
        made = client.post("/api/v1/events", json={**COURSE, "invites": invites}, headers=bearer)
        assert made.status_code == 201, made.get_json()
        client.post("/api/v1/events/a-course/publish", headers=bearer)
        for name in ("Ada", "Ben"):
            body = {"name": f"{name} Example", "email": f"{name.lower()}@example.org", "consents": ["privacy"]}
            assert client.post("/api/v1/events/a-course/registrations", json=body).status_code == 201
        return [session["id"] for session in made.get_json()["sessions"]]

    return make


def answers(
    app: Flask, answer: str, session: str = "", *, minute: int = 0, comment: str = "", proved: bool = True
) -> None:
    """Let Ada's answer arrive, given so many minutes into the autumn."""
    with app.app_context():
        ada = db.session.scalars(select(Registration).filter_by(name="Ada Example")).one()
        received = RsvpReceived(
            registration_id=str(ada.id),
            session_id=session,
            answer=Answer(answer),
            stamped_at=AUTUMN + timedelta(minutes=minute),
            comment=comment,
            proved=proved,
        )
        key, body = f"rsvp {ada.id}/{session}", encode(received)
        queue.handle(Envelope(str(new_id()), "rsvp-received", 1, key, minute, "calendar", False, body))


def told(client: FlaskClient, bearer: dict[str, str], name: str = "Ada") -> dict[str, Any]:
    """What the API tells of somebody."""
    found = client.get(f"/api/v1/events/a-course/registrations?q={name}", headers=bearer).get_json()
    (registration,) = found["registrations"]
    return dict(registration)


def by_session(registration: dict[str, Any]) -> list[tuple[str, str]]:
    return [(rsvp["session"], rsvp["answer"]) for rsvp in registration["rsvps"]]


def test_a_no_to_one_session_is_not_a_no_to_the_other(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course()
    answers(app, "declined", one)
    assert told(client, bearer)["rsvp"] == "mixed"
    answers(app, "accepted", two, minute=1)
    ada = told(client, bearer)
    assert ada["rsvp"] == "mixed"
    assert by_session(ada) == [(one, "declined"), (two, "accepted")]
    answers(app, "accepted", one, minute=2)
    assert told(client, bearer)["rsvp"] == "accepted"


def test_an_answer_to_the_whole_series_is_one_to_each_session(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course()
    answers(app, "accepted")
    assert told(client, bearer)["rsvp"] == "accepted"
    answers(app, "declined", two, minute=1)
    assert by_session(told(client, bearer)) == [(one, "accepted"), (two, "declined")]


def test_an_older_answer_never_replaces_a_newer_one(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course()
    answers(app, "accepted", one, minute=5)
    answers(app, "declined", minute=1)
    assert by_session(told(client, bearer)) == [(one, "accepted"), (two, "declined")]


def test_an_answer_to_a_session_that_is_gone_changes_nothing(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    course()
    answers(app, "declined", str(new_id()))
    assert (told(client, bearer)["rsvp"], told(client, bearer)["rsvps"]) == (None, [])


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
    assert (told(client, bearer)["status"], told(client, bearer)["rsvp"]) == ("confirmed", "declined")
    assert told(client, bearer, "Ben")["status"] == "waitlisted"


@time_machine.travel(AUTUMN)
def test_a_no_to_all_of_it_gives_the_place_to_whoever_waits(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course(decline_frees_place=True)
    answers(app, "declined", one)
    assert told(client, bearer)["status"] == "confirmed"
    answers(app, "declined", two, minute=1)
    assert told(client, bearer)["status"] == "cancelled"
    assert told(client, bearer, "Ben")["status"] == "confirmed"
    with app.app_context():
        cancelled = db.session.scalars(select(TimelineEntry).filter_by(what="cancelled")).one()
        assert (cancelled.actor, cancelled.detail) == ("registrant", {"reason": "declined the invitation"})
        kinds = [
            row.body["notice"]["kind"]
            for row in db.session.scalars(select(Outbox))
            if row.body and "notice" in row.body
        ]
        assert kinds == ["confirmed", "waitlisted", "cancelled", "place_came_free"]


def test_a_no_after_the_event_frees_nothing(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    course(decline_frees_place=True)
    with time_machine.travel(datetime(2030, 12, 1, tzinfo=UTC)):
        answers(app, "declined")
    assert told(client, bearer)["status"] == "confirmed"


@time_machine.travel(AUTUMN)
def test_whoever_registers_again_is_asked_again(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    course(decline_frees_place=True)
    answers(app, "declined")
    body = {"name": "Ada Example", "email": "ada@example.org", "consents": ["privacy"]}
    client.post("/api/v1/events/a-course/registrations", json=body)
    ada = told(client, bearer)
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
    ada = told(client, bearer)
    assert by_session(ada) == [(two, "accepted")]
    assert ada["rsvp"] == "mixed"


def test_a_session_that_is_called_off_no_longer_counts(
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
    assert told(client, bearer)["rsvp"] == "accepted"


def kinds_owed(app: Flask) -> list[str]:
    """The kinds of the notices that were owed, oldest first."""
    with app.app_context():
        bodies = [row.body for row in db.session.scalars(select(Outbox).order_by(Outbox.id))]
        return [body["notice"]["kind"] for body in bodies if body and "notice" in body]


def own_page_of(client: FlaskClient, bearer: dict[str, str]) -> str:
    return str(urlsplit(told(client, bearer)["page_url"]).path)


def test_a_no_that_nobody_proved_is_shown_as_such_and_frees_nothing(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make, browser: Browser
) -> None:
    course(decline_frees_place=True)
    answers(app, "declined", proved=False)
    ada = told(client, bearer)
    assert (ada["status"], ada["rsvp"]) == ("confirmed", "declined_unproved")
    assert {rsvp["answer"] for rsvp in ada["rsvps"]} == {"declined_unproved"}
    assert told(client, bearer, "Ben")["status"] == "waitlisted"
    assert "No (not confirmed)" in browser.page("/console/events/a-course?rsvp=declined_unproved")
    person = browser.page(f"/console/registrations/{ada['id']}")
    assert "They keep their place until they confirm it" in person
    exported = client.get("/api/v1/events/a-course/attendees.json", headers=bearer).get_json()
    assert [line["rsvp"] for line in exported] == ["declined_unproved", None]


@time_machine.travel(AUTUMN)
def test_the_person_is_written_to_about_a_no_once_a_day(app: Flask, course: Make) -> None:
    course(decline_frees_place=True)
    for minute in range(3):
        answers(app, "declined", minute=2 * minute, proved=False)
        answers(app, "accepted", minute=2 * minute + 1, proved=False)
    assert kinds_owed(app) == ["confirmed", "waitlisted", "unproved_no"]
    with time_machine.travel(AUTUMN + timedelta(days=1, minutes=1)):
        answers(app, "declined", minute=24 * 60, proved=False)
    assert kinds_owed(app)[3:] == ["unproved_no"]


@time_machine.travel(AUTUMN)
def test_nobody_is_written_to_about_a_no_that_would_free_nothing(app: Flask, course: Make) -> None:
    course()
    answers(app, "declined", proved=False)
    assert kinds_owed(app) == ["confirmed", "waitlisted"]


@time_machine.travel(AUTUMN)
def test_the_person_confirms_a_no_on_their_own_page_and_the_place_goes_on(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    course(decline_frees_place=True)
    answers(app, "declined", proved=False)
    page = own_page_of(client, bearer)
    assert f'href="{page}/decline"' in client.get(page).text
    assert "give it to somebody else" in client.get(f"{page}/decline").text
    without_a_choice = client.post(f"{page}/decline", data={"form_key": "a"})
    assert without_a_choice.status_code == 422
    assert told(client, bearer)["status"] == "confirmed"

    assert client.post(f"{page}/decline", data={"form_key": "b", "sure": "yes"}).status_code == 303

    ada = told(client, bearer)
    assert (ada["status"], ada["rsvp"]) == ("cancelled", "declined")
    assert told(client, bearer, "Ben")["status"] == "confirmed"
    assert kinds_owed(app)[2:] == ["unproved_no", "cancelled", "place_came_free"]


@time_machine.travel(AUTUMN)
def test_a_person_who_is_coming_keeps_the_place_and_the_no_is_forgotten(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, _ = course(decline_frees_place=True)
    answers(app, "declined", proved=False)
    page = own_page_of(client, bearer)
    client.post(f"{page}/decline", data={"form_key": "a", "sure": "no"})
    ada = told(client, bearer)
    assert (ada["status"], ada["rsvp"], ada["rsvps"]) == ("confirmed", None, [])
    assert "/decline" not in client.get(page).text
    assert client.get(f"{page}/decline").headers["Location"].endswith(page)
    client.post(f"{page}/decline", data={"form_key": "b", "sure": "yes"})
    assert told(client, bearer)["status"] == "confirmed"
    answers(app, "declined", one, minute=5)
    assert told(client, bearer)["rsvp"] == "mixed"


@time_machine.travel(AUTUMN)
def test_a_no_to_all_of_it_is_proved_only_where_each_is(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course(decline_frees_place=True)
    answers(app, "declined", one)
    answers(app, "declined", two, minute=1, proved=False)
    assert (told(client, bearer)["status"], told(client, bearer)["rsvp"]) == ("confirmed", "declined_unproved")
    answers(app, "declined", two, minute=2)
    assert (told(client, bearer)["status"], told(client, bearer)["rsvp"]) == ("cancelled", "declined")
