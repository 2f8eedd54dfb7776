"""Cancelling, and taking it back: by an organiser, or by the person on their own page."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from services.registration.models import Consent, Placement, Registration, db
from services.registration.rules.invitation_answers import Summary
from tests.support.browser import Browser
from tests.support.demo_people import DEMO, IN_COMMUNITY, OwnPage, Register
from tests.support.notices_owed import kinds_owed, notices_owed


def confirm(browser: Browser, path: str, answer: str | None = "yes") -> TestResponse:
    """Open a page that asks first, and answer it."""
    chosen = {"sure": answer} if answer else {}
    return browser.send(path, **browser.hidden(path), **chosen)


def cancel_own(client: FlaskClient, own_page: str) -> None:
    assert confirm(Browser(client), f"{own_page}/cancel").status_code == 303


def state(app: Flask, registration_id: UUID) -> dict[str, Any]:
    with app.app_context():
        one = db.session.get_one(Registration, registration_id)
        consents = select(Consent.purpose).filter_by(registration_id=one.id, withdrawn_at=None).order_by(Consent.id)
        placed = select(Placement.status).filter_by(person_id=one.person_id)
        return {
            "status": one.status,
            "answers": one.answers,
            "consents": db.session.scalars(consents).all(),
            "groups": db.session.scalars(placed).all(),
        }


AS_BEFORE = {"status": "confirmed", "answers": IN_COMMUNITY, "consents": ["privacy", "news"], "groups": ["placed"]}


def test_a_person_takes_their_place_again_with_the_answers_that_they_gave(
    app: Flask, client: FlaskClient, register: Register, own_page: OwnPage
) -> None:
    ann = register("ann")
    page = own_page(ann)
    cancel_own(client, page)
    cancelled = client.get(page).text
    assert "You have cancelled" in cancelled
    assert "Take my place again" in cancelled
    assert confirm(Browser(client), f"{page}/again").location == page
    assert state(app, ann) == AS_BEFORE
    assert "You have a place" in client.get(page).text
    assert kinds_owed(app) == ["confirmed", "cancelled", "restored"]
    restored = notices_owed(app)[-1]
    assert restored["holds_place"]
    assert restored["next_steps"][0].startswith("You are in the community of practice.")


@pytest.mark.parametrize("answer", [None, "no"])
def test_only_a_yes_takes_the_place_again(
    app: Flask, client: FlaskClient, register: Register, own_page: OwnPage, answer: str | None
) -> None:
    ann = register("ann")
    cancel_own(client, own_page(ann))
    confirm(Browser(client), f"{own_page(ann)}/again", answer)
    assert state(app, ann)["status"] == "cancelled"


def test_the_same_form_sent_twice_writes_once(
    app: Flask, client: FlaskClient, register: Register, own_page: OwnPage
) -> None:
    ann = register("ann")
    cancel_own(client, own_page(ann))
    path = f"{own_page(ann)}/again"
    form = Browser(client).hidden(path) | {"sure": "yes"}
    answers = [client.post(path, data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert kinds_owed(app).count("restored") == 1


def test_somebody_who_comes_back_to_a_full_event_waits(
    app: Flask, client: FlaskClient, bearer: dict[str, str], register: Register, own_page: OwnPage
) -> None:
    client.patch(f"/api/v1/events/{DEMO}", json={"capacity": 1}, headers=bearer)
    ann = register("ann")
    cancel_own(client, own_page(ann))
    register("bea")
    assert "Every place is taken, so you join the waiting list again." in client.get(f"{own_page(ann)}/again").text
    confirm(Browser(client), f"{own_page(ann)}/again")
    assert state(app, ann)["status"] == "waitlisted"
    assert kinds_owed(app)[-1] == "waitlisted"


def test_nobody_comes_back_where_there_is_neither_a_place_nor_a_waiting_list(
    app: Flask, client: FlaskClient, bearer: dict[str, str], register: Register, own_page: OwnPage
) -> None:
    client.patch(f"/api/v1/events/{DEMO}", json={"capacity": 1, "waitlist": False}, headers=bearer)
    ann = register("ann")
    cancel_own(client, own_page(ann))
    register("bea")
    assert "Take my place again" not in client.get(own_page(ann)).text
    assert client.get(f"{own_page(ann)}/again").location == own_page(ann)
    refused = client.post(f"/api/v1/registrations/{ann}/restore", headers=bearer)
    assert (refused.status_code, refused.get_json()["detail"]) == (
        409,
        "Every place is taken, and there is no waiting list.",
    )
    assert state(app, ann)["status"] == "cancelled"


def test_nobody_comes_back_to_an_event_that_is_over_or_cancelled(
    client: FlaskClient, bearer: dict[str, str], register: Register, own_page: OwnPage
) -> None:
    ann = register("ann")
    path = own_page(ann)
    cancel_own(client, path)
    sessions = client.get(f"/api/v1/events/{DEMO}").get_json()["sessions"]
    year = datetime.fromisoformat(sessions[0]["starts_at"]).year
    with time_machine.travel(datetime(year, 11, 30, tzinfo=UTC), tick=False):
        assert "Take my place again" not in client.get(path).text
        assert client.post(f"/api/v1/registrations/{ann}/restore", headers=bearer).status_code == 409
    client.post(f"/api/v1/events/{DEMO}/cancel", headers=bearer)
    assert "Take my place again" not in client.get(path).text
    assert client.post(f"/api/v1/registrations/{ann}/restore", headers=bearer).status_code == 409


def test_a_person_takes_no_place_once_registration_is_closed_but_an_organiser_gives_one(
    app: Flask, client: FlaskClient, bearer: dict[str, str], register: Register, own_page: OwnPage
) -> None:
    ann = register("ann")
    page = own_page(ann)
    cancel_own(client, page)
    client.post(f"/api/v1/events/{DEMO}/close", headers=bearer)
    with pytest.MonkeyPatch.context() as closes_just_after:
        closes_just_after.setattr("services.registration.public.own_page._may_return", lambda _: True)
        assert client.post(f"{page}/again", data={"sure": "yes"}).location == page
    assert state(app, ann)["status"] == "cancelled"
    assert client.post(f"/api/v1/registrations/{ann}/restore", headers=bearer).status_code == 200


def test_an_organiser_is_asked_before_cancelling_and_can_take_it_back(
    app: Flask, browser: Browser, register: Register
) -> None:
    ann = register("ann")
    page = f"/console/registrations/{ann}"
    assert confirm(browser, f"{page}/cancel", None).status_code == 422
    assert state(app, ann) == AS_BEFORE
    confirm(browser, f"{page}/cancel")
    assert "Restore this registration" in browser.page(page)
    assert confirm(browser, f"{page}/restore", None).status_code == 422
    assert state(app, ann)["status"] == "cancelled"
    confirm(browser, f"{page}/restore")
    restored = browser.page(page)
    assert "They have a place. The person will be notified." in restored
    assert "Took the cancellation back" in restored
    assert state(app, ann) == AS_BEFORE
    assert kinds_owed(app) == ["confirmed", "cancelled", "restored"]


def test_a_second_cancellation_tells_nobody(app: Flask, browser: Browser, register: Register) -> None:
    page = f"/console/registrations/{register('ann')}"
    form = [browser.hidden(f"{page}/cancel") | {"sure": "yes"} for _ in range(2)]
    for one in form:
        browser.send(f"{page}/cancel", **one)
    assert browser.page(page).count("The person will be notified.") == 1
    assert kinds_owed(app) == ["confirmed", "cancelled"]


def test_a_registration_that_stands_is_not_restored(
    client: FlaskClient, bearer: dict[str, str], register: Register
) -> None:
    refused = client.post(f"/api/v1/registrations/{register('ann')}/restore", headers=bearer)
    assert (refused.status_code, refused.get_json()["detail"]) == (409, "This registration is not cancelled.")


def test_the_answer_to_the_invite_is_asked_again(
    app: Flask, client: FlaskClient, bearer: dict[str, str], register: Register
) -> None:
    ann = register("ann")
    with app.app_context():
        db.session.get_one(Registration, ann).rsvp = Summary.DECLINED
        db.session.commit()
    client.delete(f"/api/v1/registrations/{ann}", headers=bearer)
    restored = client.post(f"/api/v1/registrations/{ann}/restore", headers=bearer).get_json()
    assert (restored["status"], restored["rsvp"], restored["cancelled_by"]) == ("confirmed", None, None)


def test_somebody_whom_the_organisers_cancelled_learns_it_and_whom_to_ask(
    app: Flask, client: FlaskClient, bearer: dict[str, str], register: Register, own_page: OwnPage
) -> None:
    ann = register("ann")
    client.delete(f"/api/v1/registrations/{ann}", headers=bearer)
    page = client.get(own_page(ann)).text
    assert "The organisers have cancelled your registration" in page
    assert 'href="mailto:events@example.org"' in page
    assert "You have cancelled" not in page
    assert "Take my place again" not in page
    assert client.get(f"{own_page(ann)}/again").location == own_page(ann)
    assert notices_owed(app)[-1]["by_organisers"]
    contact = {"invites": {"organiser_email": "host@example.org"}}
    client.patch(f"/api/v1/events/{DEMO}", json=contact, headers=bearer)
    assert 'href="mailto:host@example.org"' in client.get(own_page(ann)).text


def test_the_mail_says_who_cancelled(app: Flask, client: FlaskClient, register: Register, own_page: OwnPage) -> None:
    cancel_own(client, own_page(register("ann")))
    assert not notices_owed(app)[-1]["by_organisers"]
