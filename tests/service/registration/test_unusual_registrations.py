"""Registering where something is unusual: a second event of a programme, an event that is over, odd addresses."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.commands import load_demo
from services.registration.models import Consent, Form, Registration, db
from services.registration.operations.registrations import cancel
from services.registration.operations.timeline import SYSTEM
from tests.support.databases import ON_BOTH_DATABASES

pytestmark = ON_BOTH_DATABASES

Make = Callable[..., None]
ANSWERS = {"organisation_type": "charity", "interests": ["community_of_practice"], "stage": "connection"}


@pytest.fixture
def make(client: FlaskClient, bearer: dict[str, str]) -> Make:
    """Makes and publishes an event of one session."""

    def made(slug: str, **more: Any) -> None:
        session = {"starts_at": "2030-06-10T10:00", "ends_at": "2030-06-10T11:00"}
        body = {"title": slug, "slug": slug, "timezone": "UTC", "sessions": [session], **more}
        assert client.post("/api/v1/events", json=body, headers=bearer).status_code == 201
        assert client.post(f"/api/v1/events/{slug}/publish", headers=bearer).status_code == 200

    return made


def apply(client: FlaskClient, slug: str, name: str = "ann", **more: Any) -> int:
    body = {"name": name.title(), "email": f"{name}@example.org", "consents": ["privacy"], **more}
    return client.post(f"/api/v1/events/{slug}/registrations", json=body).status_code


def test_a_person_registers_for_a_second_event_of_the_programme(
    app: Flask, client: FlaskClient, bearer: dict[str, str], make: Make
) -> None:
    load_demo(app)
    questions = client.get("/api/v1/events/pbsc-learning").get_json()["questions"]
    for slug in ("first", "second"):
        make(slug, programme="place-based-systemic-change", questions=questions)
        assert apply(client, slug, answers=ANSWERS) == 201
    listed = client.get("/api/v1/events/second/registrations", headers=bearer).get_json()["registrations"]
    assert [placement["status"] for placement in listed[0]["placements"]] == ["placed"]


def test_nobody_registers_after_the_end(client: FlaskClient, make: Make) -> None:
    make("spring")
    with time_machine.travel(datetime(2030, 6, 10, 11, 1, tzinfo=UTC), tick=False):
        page = client.get("/events/spring").text
        assert "This event is over." in page
        assert "<form" not in page.partition("<main")[2]
        assert apply(client, "spring") == 409


def test_nobody_is_offered_a_place_after_the_end(app: Flask, client: FlaskClient, make: Make) -> None:
    make("spring", capacity=1)
    apply(client, "spring", "ann")
    apply(client, "spring", "bea")
    with time_machine.travel(datetime(2030, 6, 10, 11, 1, tzinfo=UTC), tick=False), app.app_context():
        cancel(db.session.scalars(select(Registration).filter_by(name="Ann")).one(), SYSTEM)
        db.session.commit()
        assert db.session.scalars(select(Registration).filter_by(name="Bea")).one().status == "waitlisted"


def test_a_consent_that_is_not_given_again_has_ended(app: Flask, client: FlaskClient, make: Make) -> None:
    make("spring")
    apply(client, "spring", consents=["privacy", "news"])
    with app.app_context():
        cancel(db.session.scalars(select(Registration)).one(), SYSTEM)
        db.session.commit()
    apply(client, "spring")
    with app.app_context():
        consents = db.session.scalars(select(Consent).order_by(Consent.id)).all()
        assert [(one.purpose, one.withdrawn_at is None) for one in consents] == [
            ("privacy", False),
            ("news", False),
            ("privacy", True),
        ]


@pytest.mark.parametrize(
    "typed", ["/events/Spring", "/events/SPRING", "/events/spring/", "/events/spring.", "/events/spring,"]
)
def test_an_address_typed_by_hand_leads_to_the_event(client: FlaskClient, make: Make, typed: str) -> None:
    make("spring")
    answer = client.get(typed, follow_redirects=True)
    assert (answer.status_code, answer.request.path) == (200, "/events/spring")


def test_a_language_that_we_do_not_write_is_refused(client: FlaskClient, make: Make) -> None:
    make("spring")
    assert apply(client, "spring", language="cy") == 422


def test_a_condition_may_leave_out_its_values(client: FlaskClient, bearer: dict[str, str], make: Make) -> None:
    blank = {"key": "b", "label": "B", "shown_when": [{"fact": "a", "test": "is blank"}]}
    make("spring", questions=[{"key": "a", "label": "A"}, blank])
    assert client.get("/api/v1/events/spring").status_code == 200
    assert client.patch("/api/v1/events/spring", json={"title": "New"}, headers=bearer).status_code == 200


def test_a_condition_on_an_option_that_is_not_offered_is_refused(
    client: FlaskClient, bearer: dict[str, str], make: Make
) -> None:
    def questions(*drinks: str) -> list[dict[str, Any]]:
        offered = [{"value": drink, "label": drink} for drink in drinks]
        milk = {"key": "milk", "label": "Milk?", "shown_when": [{"fact": "drink", "test": "is", "values": ["coffee"]}]}
        return [{"key": "drink", "label": "Drink", "type": "one of", "options": offered}, milk]

    make("spring", questions=questions("tea", "coffee"))
    refused = client.patch("/api/v1/events/spring", json={"questions": questions("tea")}, headers=bearer)
    assert refused.status_code == 422
    assert "milk" in str(refused.get_json()["errors"])


def test_a_form_stored_with_such_a_condition_is_still_shown_and_its_event_still_changed(
    app: Flask, client: FlaskClient, bearer: dict[str, str], make: Make
) -> None:
    make("spring", questions=[{"key": "drink", "label": "Drink"}])
    drink = {"key": "drink", "label": "Drink", "type": "one of", "options": [{"value": "tea", "label": "Tea"}]}
    milk = {"key": "milk", "label": "Milk?", "shown_when": [{"fact": "drink", "test": "is", "values": ["coffee"]}]}
    with app.app_context():
        db.session.scalars(select(Form)).one().questions = [drink, milk]
        db.session.commit()
    assert client.get("/events/spring").status_code == 200
    assert client.patch("/api/v1/events/spring", json={"title": "New"}, headers=bearer).status_code == 200


def test_a_session_of_years_is_refused(client: FlaskClient, bearer: dict[str, str]) -> None:
    session = {"starts_at": "2030-06-10T10:00", "ends_at": "2036-06-10T11:00"}
    body = {"title": "Long", "slug": "long", "timezone": "UTC", "sessions": [session]}
    refused = client.post("/api/v1/events", json=body, headers=bearer)
    assert list(refused.get_json()["errors"]) == ["sessions.0.ends_at"]
