"""Names that are links, and one address that two people use."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Registration, db
from tests.support.demo_people import DEMO, OwnPage, Register
from tests.support.notices_owed import notices_owed
from tests.support.public_form import fill_in

LINKS = ["Win a prize at https://prize.example/now", "www.prize.example claim it"]
SENTENCE = "Enter your name without a web address or an e-mail address."


def names(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Registration.name)))


@pytest.mark.parametrize("name", LINKS)
def test_a_link_in_a_name_is_refused_at_its_field_and_mails_nobody(
    app: Flask, client: FlaskClient, event: str, name: str
) -> None:
    refused = client.post(f"/events/{event}", data=fill_in(client, event) | {"name": name})
    assert refused.status_code == 422
    assert SENTENCE in refused.text
    body = {"name": name, "email": "victim@example.org", "consents": ["privacy"]}
    refused = client.post(f"/api/v1/events/{event}/registrations", json=body)
    assert (refused.status_code, refused.get_json()["errors"]) == (422, {"name": [SENTENCE]})
    assert notices_owed(app) == []


def test_nobody_changes_their_name_to_a_link(
    app: Flask, client: FlaskClient, bearer: dict[str, str], register: Register, own_page: OwnPage
) -> None:
    ann = register("ann")
    changed = client.patch(f"/api/v1/registrations/{ann}", json={"name": LINKS[0]}, headers=bearer)
    assert list(changed.get_json()["errors"]) == ["name"]
    assert SENTENCE in client.post(f"{own_page(ann)}/edit", data={"name": LINKS[1]}).text
    assert names(app) == ["Ann Example"]


def thanks(client: FlaskClient, name: str, email: str) -> str:
    sent = client.post(f"/events/{DEMO}", data=fill_in(client, DEMO, email=email) | {"name": name})
    assert sent.status_code == 303, sent.text
    return client.get(sent.location).text


@pytest.mark.usefixtures("register")
def test_a_second_person_with_the_same_address_learns_that_it_is_one_registration(
    app: Flask, client: FlaskClient
) -> None:
    first, second = (thanks(client, name, "office@example.org") for name in ("Ann Example", "Bea Sample"))
    assert first == second
    assert "One e-mail address is one registration" in second
    assert "a colleague needs an address of their own" in second
    assert names(app) == ["Ann Example"]
    again = notices_owed(app)[-1]
    assert (again["kind"], again["recipient"]["name"]) == ("already_registered", "Ann Example")


@pytest.mark.usefixtures("register")
def test_the_api_promises_nobody_a_place_that_they_may_not_have(client: FlaskClient) -> None:
    def message(name: str) -> str:
        body = {"name": name, "email": "office@example.org", "consents": ["privacy"]}
        return str(client.post(f"/api/v1/events/{DEMO}/registrations", json=body).get_json()["message"])

    assert message("Ann Example") == message("Bea Sample")
    assert "one address is one registration" in message("Bea Sample")
