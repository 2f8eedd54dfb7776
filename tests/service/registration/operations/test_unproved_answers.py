"""A no that nobody proved: it frees no place until the person confirms it."""

from datetime import timedelta
from urllib.parse import urlsplit

import time_machine
from flask import Flask
from flask.testing import FlaskClient

from tests.support.browser import Browser
from tests.support.databases import ON_BOTH_DATABASES
from tests.support.invitation_answers import AUTUMN, Make, answers, registration_of
from tests.support.notices_owed import kinds_owed

pytestmark = ON_BOTH_DATABASES


def own_page_of(client: FlaskClient, bearer: dict[str, str]) -> str:
    return str(urlsplit(registration_of(client, bearer)["page_url"]).path)


def test_a_no_that_nobody_proved_is_shown_as_such_and_frees_nothing(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make, browser: Browser
) -> None:
    course(decline_frees_place=True)
    answers(app, "declined", proved=False)
    ada = registration_of(client, bearer)
    assert (ada["status"], ada["rsvp"]) == ("confirmed", "declined_unproved")
    assert {rsvp["answer"] for rsvp in ada["rsvps"]} == {"declined_unproved"}
    assert registration_of(client, bearer, "Ben")["status"] == "waitlisted"
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
def test_a_corrected_address_is_asked_about_its_own_no_on_the_same_day(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    course(decline_frees_place=True)
    answers(app, "declined", proved=False)
    ada = registration_of(client, bearer)
    corrected = client.patch(f"/api/v1/registrations/{ada['id']}", json={"email": "ada@new.example"}, headers=bearer)
    assert corrected.status_code == 200
    answers(app, "declined", minute=5, proved=False)
    assert kinds_owed(app) == ["confirmed", "waitlisted", "unproved_no", "confirmed", "unproved_no"]


@time_machine.travel(AUTUMN)
def test_nobody_is_written_to_about_a_no_that_would_free_nothing(app: Flask, course: Make) -> None:
    course()
    answers(app, "declined", proved=False)
    assert kinds_owed(app) == ["confirmed", "waitlisted"]


@time_machine.travel(AUTUMN)
def test_nobody_is_asked_about_a_no_to_an_event_that_is_cancelled(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    course(decline_frees_place=True)
    client.post("/api/v1/events/a-course/cancel", headers=bearer)
    answers(app, "declined", proved=False)
    assert "you still have your place" not in client.get(own_page_of(client, bearer)).text
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
    assert registration_of(client, bearer)["status"] == "confirmed"

    assert client.post(f"{page}/decline", data={"form_key": "b", "sure": "yes"}).status_code == 303

    ada = registration_of(client, bearer)
    assert (ada["status"], ada["rsvp"]) == ("cancelled", "declined")
    assert registration_of(client, bearer, "Ben")["status"] == "confirmed"
    assert kinds_owed(app)[2:] == ["unproved_no", "cancelled", "place_came_free"]


@time_machine.travel(AUTUMN)
def test_a_person_who_is_coming_keeps_the_place_and_the_no_is_forgotten(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, _ = course(decline_frees_place=True)
    answers(app, "declined", proved=False)
    page = own_page_of(client, bearer)
    client.post(f"{page}/decline", data={"form_key": "a", "sure": "no"})
    ada = registration_of(client, bearer)
    assert (ada["status"], ada["rsvp"], ada["rsvps"]) == ("confirmed", None, [])
    assert "/decline" not in client.get(page).text
    assert client.get(f"{page}/decline").headers["Location"].endswith(page)
    client.post(f"{page}/decline", data={"form_key": "b", "sure": "yes"})
    assert registration_of(client, bearer)["status"] == "confirmed"
    answers(app, "declined", one, minute=5)
    assert registration_of(client, bearer)["rsvp"] == "mixed"


@time_machine.travel(AUTUMN)
def test_a_no_to_all_of_it_is_proved_only_where_each_is(
    app: Flask, client: FlaskClient, bearer: dict[str, str], course: Make
) -> None:
    one, two = course(decline_frees_place=True)
    answers(app, "declined", one)
    answers(app, "declined", two, minute=1, proved=False)
    assert (registration_of(client, bearer)["status"], registration_of(client, bearer)["rsvp"]) == (
        "confirmed",
        "declined_unproved",
    )
    answers(app, "declined", two, minute=2)
    assert (registration_of(client, bearer)["status"], registration_of(client, bearer)["rsvp"]) == (
        "cancelled",
        "declined",
    )
