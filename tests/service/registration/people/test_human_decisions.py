"""What an organiser decides about somebody and a group: who learns of it, and what can no longer be decided."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from services.registration.models import Placement, Registration, db
from services.registration.operations import placements, registrations
from services.registration.operations.timeline import SYSTEM
from services.registration.rules.places import NotActive
from tests.support.browser import Browser
from tests.support.demo_people import IN_COMMUNITY, OwnPage, Register
from tests.support.notices_owed import kinds_owed

FUNDER = {"organisation_type": "funder", "interests": ["funder_pilot"]}
NOT_SURE = {"organisation_type": "other", "interests": ["community_of_practice"], "stage": "not_sure"}


def decide(browser: Browser, person: UUID, cohort: str, decision: str, reason: str = "") -> TestResponse:
    keys = browser.hidden(f"/console/registrations/{person}", f"/console/registrations/{person}/placements/{cohort}")
    typed = {f"{cohort}-decision": decision, f"{cohort}-reason": reason}
    return browser.send(f"/console/registrations/{person}/placements/{cohort}", **keys, **typed)


def afterwards(client: FlaskClient, path: str) -> str:
    """The part of somebody's own page about groups."""
    return client.get(path).text.partition("What happens afterwards")[2].partition("Your answers")[0]


def placement(app: Flask) -> dict[str, Any]:
    with app.app_context():
        found = db.session.scalars(select(Placement)).one()
        return {"status": found.status, "told": found.told, "told_at": found.told_at, "pinned": found.pinned}


def test_their_own_page_says_what_an_organiser_decided(
    client: FlaskClient, browser: Browser, register: Register, own_page: OwnPage
) -> None:
    ann = register("ann", answers=NOT_SURE)
    assert "To decide" in afterwards(client, own_page(ann))
    decide(browser, ann, "community-of-practice", "place", "You lead a place.")
    placed = afterwards(client, own_page(ann))
    for words in ("In the group", "You are in the community of practice.", "Welcome to the", "You lead a place."):
        assert words in placed
    decide(browser, ann, "community-of-practice", "decline", "It is full.")
    declined = afterwards(client, own_page(ann))
    for words in ("Declined", "cannot offer you a place in the community of practice", "It is full."):
        assert words in declined
    assert "You are in the" not in declined


def test_a_decision_about_one_group_leaves_what_the_rules_said_of_the_other(
    client: FlaskClient, browser: Browser, register: Register, own_page: OwnPage
) -> None:
    ann = register("ann", answers=FUNDER)
    decide(browser, ann, "community-of-practice", "place")
    page = afterwards(client, own_page(ann))
    assert "You are in the community of practice." in page
    assert "You are in the funder pilot. We will write" in page


def test_a_person_in_a_group_cannot_be_placed_in_it_again(browser: Browser, register: Register) -> None:
    ann = register("ann")
    page = browser.page(f"/console/registrations/{ann}")
    assert "Place in community of practice" not in page
    assert "Decline for community of practice" in page
    decide(browser, ann, "community-of-practice", "decline", "It is full.")
    page = browser.page(f"/console/registrations/{ann}")
    assert "Place in community of practice" in page
    assert "Decline for community of practice" not in page


def test_a_reason_without_a_decision_decides_nothing(app: Flask, browser: Browser, register: Register) -> None:
    ann = register("ann", answers=NOT_SURE)
    page = browser.page(f"/console/registrations/{ann}")
    form = page.partition('id="cohort-1"')[2].partition("</form>")[0].partition("<form")[2]
    assert form.count('type="radio"') == 2
    assert " checked" not in form
    assert form.count("<button") == 1
    keys = browser.hidden(
        f"/console/registrations/{ann}", f"/console/registrations/{ann}/placements/community-of-practice"
    )
    typed = {"community-of-practice-reason": "You lead a place."}
    refused = browser.send(f"/console/registrations/{ann}/placements/community-of-practice", **keys, **typed)
    assert refused.status_code == 422
    assert "<title>Error: " in refused.text
    assert "Choose a decision. Nothing has been changed yet." in refused.text
    assert 'value="You lead a place."' in refused.text
    assert placement(app)["status"] == "in review"


def test_we_say_that_we_tell_somebody_only_where_a_mail_goes(app: Flask, browser: Browser, register: Register) -> None:
    ann = register("ann", answers=NOT_SURE)
    page = f"/console/registrations/{ann}"
    decide(browser, ann, "community-of-practice", "place")
    assert "The person will be notified." in browser.page(page)
    decide(browser, ann, "community-of-practice", "place")
    assert "Nobody needed to be notified." in browser.page(page)
    assert kinds_owed(app) == ["confirmed", "placed"]


def test_confirming_what_the_rules_did_sends_no_second_mail(
    app: Flask, client: FlaskClient, bearer: dict[str, str], register: Register
) -> None:
    ann = register("ann")
    body = {"cohort": "community-of-practice", "decision": "place"}
    placed = client.post(f"/api/v1/registrations/{ann}/placements", json=body, headers=bearer).get_json()
    assert placed["placements"][0]["pinned"]
    assert kinds_owed(app) == ["confirmed"]


def test_what_we_told_them_is_what_a_mail_said(
    app: Flask, client: FlaskClient, bearer: dict[str, str], register: Register
) -> None:
    ann = register("ann", answers={"interests": ["webinar"]})
    changed = client.patch(f"/api/v1/registrations/{ann}", json={"answers": IN_COMMUNITY}, headers=bearer)
    assert changed.status_code == 200
    assert placement(app) == {"status": "placed", "told": None, "told_at": None, "pinned": False}
    assert kinds_owed(app) == ["confirmed"]
    client.delete(f"/api/v1/registrations/{ann}", headers=bearer)
    register("ann")
    assert placement(app)["told"] == "placed"


def test_a_cancelled_registration_can_not_be_placed(
    app: Flask, client: FlaskClient, browser: Browser, bearer: dict[str, str], register: Register
) -> None:
    ann = register("ann")
    keys = browser.hidden(
        f"/console/registrations/{ann}", f"/console/registrations/{ann}/placements/community-of-practice"
    )
    client.delete(f"/api/v1/registrations/{ann}", headers=bearer)
    page = browser.page(f"/console/registrations/{ann}")
    assert "Place in" not in page
    assert "Decline for community" not in page
    typed = {"community-of-practice-decision": "decline", "community-of-practice-reason": "It is full."}
    late = browser.send(f"/console/registrations/{ann}/placements/community-of-practice", **keys, **typed)
    assert late.status_code == 409
    body = {"cohort": "funder-pilot", "decision": "place"}
    refused = client.post(f"/api/v1/registrations/{ann}/placements", json=body, headers=bearer)
    assert (refused.status_code, refused.get_json()["detail"]) == (409, "The registration or the event is cancelled.")
    assert kinds_owed(app) == ["confirmed", "cancelled"]


def test_the_operation_refuses_a_cancelled_registration(app: Flask, register: Register) -> None:
    ann = register("ann")
    with app.test_request_context(method="POST"):
        registration = db.session.get_one(Registration, ann)
        assert registration.event.programme is not None
        registrations.cancel(registration, SYSTEM)
        with pytest.raises(NotActive):
            placements.place_by_hand(registration, registration.event.programme.cohorts[1], SYSTEM)


BOTH = {
    "organisation_type": "funder_and_place",
    "interests": ["community_of_practice", "funder_pilot"],
    "first_choice": "funder_pilot",
    "stage": "connection",
}


def test_only_people_who_were_in_a_group_have_left_it(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], register: Register
) -> None:
    ann, bea, cat = register("ann", answers=BOTH), register("bea"), register("cat", answers=NOT_SURE)
    asks_no_more = {"answers": {"interests": ["webinar"], "stage": None}}
    for person in (bea, cat):
        assert client.patch(f"/api/v1/registrations/{person}", json=asks_no_more, headers=bearer).status_code == 200

    def community(person: UUID) -> str:
        page = browser.page(f"/console/registrations/{person}")
        return page.partition("Community of practice <span")[2].partition("</span>")[0].partition(">")[2]

    assert community(ann) == "Another group comes first"
    assert community(bea) == "Left"
    assert community(cat) == "Didn’t ask"
