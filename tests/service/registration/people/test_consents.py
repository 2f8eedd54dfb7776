"""What somebody agreed to: to be seen, taken back and given again on their own page."""

from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from services.registration.models import TimelineEntry, db
from tests.support.browser import Browser
from tests.support.demo_people import DEMO, OwnPage, Register


def answer(client: FlaskClient, own_page: str, agrees: str | None, purpose: str = "news") -> TestResponse:
    path = f"{own_page}/consents/{purpose}"
    keys = Browser(client).hidden(own_page, path)
    return client.post(path, data=keys | ({"agrees": agrees} if agrees else {}))


def exported(client: FlaskClient, bearer: dict[str, str]) -> bool:
    (line,) = client.get(f"/api/v1/events/{DEMO}/attendees.json", headers=bearer).get_json()
    return bool(line["consent_news"])


def acts(app: Flask, person: UUID) -> list[tuple[str, str, str]]:
    with app.app_context():
        entries = db.session.scalars(select(TimelineEntry).filter_by(registration_id=person).order_by(TimelineEntry.id))
        return [(one.what, one.actor, one.detail["consent"]) for one in entries if one.what.startswith("consent")]


def test_a_consent_is_taken_back_and_given_again_in_one_step_each(
    app: Flask, client: FlaskClient, bearer: dict[str, str], register: Register, own_page: OwnPage
) -> None:
    ann = register("ann")
    page = own_page(ann)
    assert client.get(page).text.count("You said yes on") == 2
    assert answer(client, page, "no").status_code == 303
    assert client.get(page).text.count("You said yes on") == 1
    assert not exported(client, bearer)
    assert client.get(f"/api/v1/registrations/{ann}", headers=bearer).get_json()["consents"] == ["privacy"]
    answer(client, page, "yes")
    assert exported(client, bearer)
    assert acts(app, ann) == [
        ("consent withdrawn", "registrant", "news"),
        ("consent given", "registrant", "news"),
    ]


def test_a_consent_that_was_never_given_can_be_given(
    client: FlaskClient, bearer: dict[str, str], register: Register, own_page: OwnPage
) -> None:
    page = own_page(register("ann", consents=["privacy"]))
    assert "You have not said yes, or have taken it back." in client.get(page).text
    answer(client, page, "yes")
    assert exported(client, bearer)


def test_without_a_choice_nothing_changes(
    app: Flask, client: FlaskClient, bearer: dict[str, str], register: Register, own_page: OwnPage
) -> None:
    ann = register("ann")
    refused = answer(client, own_page(ann), None)
    assert refused.status_code == 422
    assert "Choose yes or no. Nothing has been changed yet." in refused.text
    assert " checked" not in refused.text.partition("<main")[2]
    assert exported(client, bearer)
    assert answer(client, own_page(ann), "yes").status_code == 303
    assert acts(app, ann) == []


def test_a_consent_that_the_registration_needs_is_not_taken_back_alone(
    client: FlaskClient, register: Register, own_page: OwnPage
) -> None:
    page = own_page(register("ann"))
    assert client.post(f"{page}/consents/privacy", data={"agrees": "no"}).status_code == 404
    assert client.post(f"{page}/consents/nonsense", data={"agrees": "no"}).status_code == 404


def test_a_consent_is_taken_back_after_cancelling_too_and_stays_so(
    client: FlaskClient, bearer: dict[str, str], register: Register, own_page: OwnPage
) -> None:
    ann = register("ann")
    client.delete(f"/api/v1/registrations/{ann}", headers=bearer)
    answer(client, own_page(ann), "no")
    client.post(f"/api/v1/registrations/{ann}/restore", headers=bearer)
    assert not exported(client, bearer)


def test_organisers_see_when_a_consent_ended(
    browser: Browser, client: FlaskClient, register: Register, own_page: OwnPage
) -> None:
    ann = register("ann")
    answer(client, own_page(ann), "no")
    page = browser.page(f"/console/registrations/{ann}")
    assert "; ended " in page
    assert "Took the agreement back: news" in page
