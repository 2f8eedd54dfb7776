"""A wrong address is corrected: the right person gets everything, and the wrong one nothing more."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Consent, Outbox, Person, Placement, Registration, TimelineEntry, db
from services.registration.operations import deliveries, receipts
from services.registration.operations.invitation_answers import record
from services.registration.operations.timeline import SYSTEM
from shared.contracts.receipts import Answer, Outcome, RsvpReceived, Settled
from shared.database.utc import now
from tests.support.browser import Browser
from tests.support.demo_people import DEMO, OwnPage, Register
from tests.support.notices_owed import kinds_owed, notices_owed

WRONG, RIGHT = "ann@exmaple.org", "ann@example.org"


@pytest.fixture
def ann(register: Register) -> UUID:
    """Ann Example, with a slip in her address."""
    return register("ann", email=WRONG)


def correct(client: FlaskClient, bearer: dict[str, str], person: UUID, email: str = RIGHT) -> Any:
    return client.patch(f"/api/v1/registrations/{person}", json={"email": email}, headers=bearer)


def test_the_confirmation_with_the_invite_goes_to_the_right_address(
    app: Flask, client: FlaskClient, bearer: dict[str, str], ann: UUID
) -> None:
    changed = correct(client, bearer, ann)
    assert (changed.status_code, changed.get_json()["email"]) == (200, RIGHT)
    first, second = notices_owed(app)
    assert (first["recipient"]["email"], second["recipient"]["email"]) == (WRONG, RIGHT)
    assert (second["kind"], second["holds_place"]) == ("confirmed", True)
    assert second["next_steps"][0].startswith("You are in the community of practice.")
    found = client.get(f"/api/v1/events/{DEMO}/registrations?q={RIGHT}", headers=bearer).get_json()
    assert len(found["registrations"]) == 1


def test_consents_and_groups_move_and_nothing_is_kept_of_the_wrong_address(
    app: Flask, client: FlaskClient, bearer: dict[str, str], ann: UUID
) -> None:
    placed = correct(client, bearer, ann).get_json()
    assert placed["consents"] == ["privacy", "news"]
    assert [placement["status"] for placement in placed["placements"]] == ["placed"]
    with app.app_context():
        person = db.session.scalars(select(Person)).one()
        assert person.email == RIGHT
        assert {one.person_id for one in db.session.scalars(select(Consent))} == {person.id}
        entry = db.session.scalars(select(TimelineEntry).filter_by(what="address changed")).one()
        assert (entry.registration_id, entry.detail) == (ann, {})


def test_links_that_were_sent_to_the_wrong_address_open_nothing(
    client: FlaskClient, bearer: dict[str, str], ann: UUID, own_page: OwnPage
) -> None:
    before = own_page(ann)
    correct(client, bearer, ann)
    after = own_page(ann)
    assert client.get(after).status_code == 200
    for path in (before, f"{before}/edit", f"{before}/cancel"):
        assert client.get(path).status_code == 404
    assert client.post(f"{before}/cancel", data={"sure": "yes"}).status_code == 404
    correct(client, bearer, ann, "ann@third.example.org")
    assert client.get(after).status_code == 404


def test_the_answer_from_the_wrong_address_does_not_count(
    app: Flask, client: FlaskClient, bearer: dict[str, str], ann: UUID
) -> None:
    with app.app_context():
        record(
            db.session.get_one(Registration, ann),
            RsvpReceived(
                registration_id=str(ann), session_id="", answer=Answer.DECLINED, stamped_at=now(), proved=True
            ),
        )
        db.session.commit()
    changed = correct(client, bearer, ann).get_json()
    assert (changed["rsvp"], changed["rsvps"]) == (None, [])


def test_a_person_who_is_registered_already_is_named_in_the_error(
    app: Flask, client: FlaskClient, bearer: dict[str, str], ann: UUID, register: Register
) -> None:
    register("bea")
    refused = correct(client, bearer, ann, "BEA@example.org")
    assert refused.status_code == 422
    sentence = "The person of this address has a registration for this event already."
    assert refused.get_json()["errors"] == {"email": [sentence]}
    assert client.get(f"/api/v1/registrations/{ann}", headers=bearer).get_json()["email"] == WRONG
    assert kinds_owed(app) == ["confirmed", "confirmed"]


def test_the_same_address_again_changes_nothing(
    app: Flask, client: FlaskClient, bearer: dict[str, str], ann: UUID, own_page: OwnPage
) -> None:
    path = own_page(ann)
    assert correct(client, bearer, ann, WRONG.upper()).status_code == 200
    assert client.get(path).status_code == 200
    assert kinds_owed(app) == ["confirmed"]


def test_a_person_known_from_another_event_keeps_what_an_organiser_decided_about_them(
    app: Flask, client: FlaskClient, bearer: dict[str, str], ann: UUID
) -> None:
    event = client.get(f"/api/v1/events/{DEMO}", headers=bearer).get_json()
    other = {name: event[name] for name in ("title", "timezone", "questions", "programme")}
    sessions = [{"starts_at": "2031-01-01T10:00", "ends_at": "2031-01-01T11:00"}]
    client.post("/api/v1/events", json=other | {"slug": "other", "sessions": sessions}, headers=bearer)
    client.post("/api/v1/events/other/publish", headers=bearer)
    body = {"name": "Ann Example", "email": RIGHT, "consents": ["privacy"]}
    known = client.post("/api/v1/events/other/registrations", json=body, headers=bearer).get_json()["id"]
    decided = {"cohort": "community-of-practice", "decision": "decline", "reason": "It is full."}
    assert client.post(f"/api/v1/registrations/{known}/placements", json=decided, headers=bearer).status_code == 200
    placed = correct(client, bearer, ann).get_json()["placements"]
    assert [(one["status"], one["pinned"]) for one in placed] == [("declined", True)]
    with app.app_context():
        assert len(db.session.scalars(select(Placement)).all()) == 1


def test_an_organiser_corrects_the_address_in_the_console(
    app: Flask, browser: Browser, ann: UUID, register: Register
) -> None:
    register("bea")
    path = f"/console/registrations/{ann}/address"
    assert f'href="{path}"' in browser.page(f"/console/registrations/{ann}")
    assert f'value="{WRONG}"' in browser.page(path)
    taken = browser.send(path, **browser.hidden(path), email="bea@example.org")
    assert taken.status_code == 422
    assert "is registered for this event already" in taken.text
    wrong = browser.send(path, **browser.hidden(path), email="ann")
    assert "Enter an e-mail address in the form" in wrong.text
    assert browser.send(path, **browser.hidden(path), email=f" {RIGHT} ").status_code == 303
    page = browser.page(f"/console/registrations/{ann}")
    assert "Saved. The confirmation goes to the new address." in page
    assert RIGHT in page
    assert WRONG not in page
    assert "Corrected the e-mail address" in page
    assert notices_owed(app)[-1]["recipient"]["email"] == RIGHT


def test_a_mail_that_the_wrong_address_refused_is_sent_again_to_the_right_one(
    app: Flask, client: FlaskClient, bearer: dict[str, str], ann: UUID, own_page: OwnPage
) -> None:
    decision = {"cohort": "funder-pilot", "decision": "place"}
    client.post(f"/api/v1/registrations/{ann}/placements", json=decision, headers=bearer)
    with app.app_context():
        placed = db.session.scalars(select(Outbox.id).where(Outbox.key.startswith("placement"))).one()
        failed = Settled(message_id=str(placed), outcome=Outcome.FAILED, at=now(), detail="550 no such mailbox")
        receipts.record([failed])
        db.session.commit()
    correct(client, bearer, ann)
    with app.test_request_context(method="POST"):
        assert deliveries.replay(placed, SYSTEM)
        db.session.commit()
    again = notices_owed(app)[-1]
    assert (again["kind"], again["recipient"]["email"]) == ("placed", RIGHT)
    assert again["page_url"].endswith(own_page(ann))


def test_the_address_of_a_cancelled_registration_stays(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], ann: UUID
) -> None:
    path = f"/console/registrations/{ann}/address"
    keys = browser.hidden(path)
    client.delete(f"/api/v1/registrations/{ann}", headers=bearer)
    assert browser.send(path, **keys, email=RIGHT).status_code == 409
    assert f'href="{path}"' not in browser.page(f"/console/registrations/{ann}")
    assert correct(client, bearer, ann).status_code == 409
