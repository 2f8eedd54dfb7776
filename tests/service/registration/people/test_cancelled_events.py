"""Once an event is cancelled, or over, nobody cancels a place in it, and nobody hears of it twice."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from services.registration.models import Registration, db
from services.registration.operations import events
from tests.support.browser import Browser
from tests.support.demo_people import DEMO, OwnPage, Register
from tests.support.notices_owed import kinds_owed

YES = {"sure": "yes"}


@pytest.fixture
def ann(register: Register) -> UUID:
    """Ann Example, who is registered."""
    return register("ann")


def cancel_event(client: FlaskClient, bearer: dict[str, str]) -> None:
    assert client.post(f"/api/v1/events/{DEMO}/cancel", headers=bearer).status_code == 200


def cancel_registration(client: FlaskClient, bearer: dict[str, str], registration_id: UUID) -> None:
    assert client.delete(f"/api/v1/registrations/{registration_id}", headers=bearer).status_code == 204


def notify_of_changes(app: Flask) -> None:
    """What the clock does every second."""
    with app.app_context():
        events.notify_of_changes()
        db.session.commit()


def status(app: Flask, registration_id: UUID) -> str:
    with app.app_context():
        return db.session.get_one(Registration, registration_id).status


def test_nobody_cancels_their_place_in_an_event_that_is_cancelled(
    app: Flask, client: FlaskClient, bearer: dict[str, str], ann: UUID, own_page: OwnPage
) -> None:
    page = own_page(ann)
    cancel_event(client, bearer)
    assert client.get(f"{page}/cancel").location == page
    assert client.post(f"{page}/cancel", data=YES).location == page
    assert status(app, ann) == "confirmed"


def test_an_organiser_cancels_no_place_in_an_event_that_is_cancelled(
    app: Flask, browser: Browser, bearer: dict[str, str], ann: UUID
) -> None:
    page = f"/console/registrations/{ann}"
    keys = browser.hidden(f"{page}/cancel")
    cancel_event(browser.client, bearer)
    assert "Cancel this registration" not in browser.page(page)
    assert browser.client.get(f"{page}/cancel").location == page
    assert browser.send(f"{page}/cancel", **keys, **YES).location == page
    assert "There is nothing to cancel here." in browser.page(page)
    assert status(app, ann) == "confirmed"


def test_an_organiser_cancels_no_place_in_an_event_that_is_over(app: Flask, browser: Browser, ann: UUID) -> None:
    page = f"/console/registrations/{ann}"
    with app.app_context():
        ends_at = db.session.get_one(Registration, ann).event.ends_at
    assert ends_at is not None
    assert "Cancel this registration" in browser.page(page)
    with time_machine.travel(datetime(ends_at.year, 12, 30, tzinfo=UTC), tick=False):
        organiser = Browser(app.test_client())
        keys = organiser.hidden("/console/sign-in")
        signed_in = {"email": "organiser@example.org", "password": "a long example password"}
        organiser.send("/console/sign-in", **keys, **signed_in)
        assert "Cancel this registration" not in organiser.page(page)
        assert organiser.client.get(f"{page}/cancel").location == page
    assert status(app, ann) == "confirmed"


def test_somebody_who_has_heard_that_the_event_is_cancelled_hears_nothing_more(
    app: Flask, client: FlaskClient, bearer: dict[str, str], ann: UUID
) -> None:
    cancel_event(client, bearer)
    notify_of_changes(app)
    cancel_registration(client, bearer, ann)
    assert kinds_owed(app) == ["confirmed", "event_cancelled"]


def test_somebody_who_is_cancelled_before_they_heard_that_the_event_is_hears_it_once(
    app: Flask, client: FlaskClient, bearer: dict[str, str], ann: UUID
) -> None:
    cancel_event(client, bearer)
    cancel_registration(client, bearer, ann)
    notify_of_changes(app)
    assert kinds_owed(app) == ["confirmed", "event_cancelled"]
