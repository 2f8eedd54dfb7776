"""Forms as real browsers and people send them, on both databases: pasted characters, old browsers, filled-in traps."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Registration, db
from services.registration.notices import links
from tests.support.databases import ON_BOTH_DATABASES
from tests.support.public_form import fill_in

pytestmark = ON_BOTH_DATABASES
WITHOUT_FETCH_METADATA = {"Origin": "null"}
ZERO_WIDTH, WORD_JOINER, BYTE_ORDER_MARK, LEFT_TO_RIGHT = "\u200b", "\u2060", "\ufeff", "\u200e"
PEOPLE = ["José Ångström", "Siân O’Brien", "İpek Işık", "Łukasz Sørensen"]


def registered(app: Flask) -> list[tuple[str, str]]:
    """Names and addresses of everybody registered."""
    with app.app_context():
        return [(one.name, one.person.email) for one in db.session.scalars(select(Registration))]


def send(client: FlaskClient, event: str, **typed: Any) -> int:
    return client.post(f"/events/{event}", data=fill_in(client, event) | typed).status_code


@pytest.mark.parametrize("around", [ZERO_WIDTH, WORD_JOINER, BYTE_ORDER_MARK, LEFT_TO_RIGHT])
def test_invisible_characters_around_an_address_are_dropped(
    app: Flask, client: FlaskClient, event: str, around: str
) -> None:
    assert send(client, event, email=f"{around}ann@example.org{around}") == 303
    assert [email for _, email in registered(app)] == ["ann@example.org"]


def test_a_tab_in_a_name_becomes_a_space(app: Flask, client: FlaskClient, event: str) -> None:
    assert send(client, event, name="Ann\tExample") == 303
    assert [name for name, _ in registered(app)] == ["Ann Example"]


@pytest.mark.parametrize("name", [ZERO_WIDTH, WORD_JOINER + "\u00ad", "\u3164", "\u2800", BYTE_ORDER_MARK])
def test_a_name_of_nothing_that_can_be_seen_is_refused(app: Flask, client: FlaskClient, event: str, name: str) -> None:
    refused = client.post(f"/events/{event}", data=fill_in(client, event) | {"name": name})
    assert refused.status_code == 422
    assert "Enter your name." in refused.text
    assert registered(app) == []


def test_an_address_outside_ascii_is_refused_at_its_field(app: Flask, client: FlaskClient, event: str) -> None:
    assert send(client, event, email="jörg@example.org") == 422
    assert registered(app) == []


def test_a_field_that_a_password_manager_fills_in_loses_nothing(app: Flask, client: FlaskClient, event: str) -> None:
    assert send(client, event, website="https://ann.example") == 303
    assert len(registered(app)) == 1


def test_a_browser_without_fetch_metadata_edits_cancels_and_registers_in_a_frame(
    app: Flask, client: FlaskClient, event: str
) -> None:
    framed = fill_in(client, event) | {"embedded": "yes"}
    assert client.post(f"/events/{event}", data=framed, headers=WITHOUT_FETCH_METADATA).status_code == 303
    with app.test_request_context():
        page = links.own_page(db.session.scalars(select(Registration)).one()).removeprefix("http://localhost:8000")
    edited = client.post(f"{page}/edit", data={"name": "Ann Other"}, headers=WITHOUT_FETCH_METADATA)
    assert edited.status_code == 303
    assert (
        client.post(f"{page}/cancel", data={"sure": "yes"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    )
    assert client.post(f"{page}/cancel", data={"sure": "yes"}, headers=WITHOUT_FETCH_METADATA).status_code == 303


FOUND = {"jose": 0, "angstrom": 0, "sian": 1, "O'Brien": 1, "ipek": 2, "isik": 2, "lukasz": 3, "sorensen": 3}


@pytest.mark.parametrize(("typed", "found"), FOUND.items())
def test_people_are_found_without_their_accents(
    client: FlaskClient, bearer: dict[str, str], event: str, typed: str, found: int
) -> None:
    for number, name in enumerate(PEOPLE):
        body = {"name": name, "email": f"person{number}@example.org", "consents": ["privacy"]}
        assert client.post(f"/api/v1/events/{event}/registrations", json=body).status_code == 201
    listed = client.get(f"/api/v1/events/{event}/registrations", query_string={"q": typed}, headers=bearer).get_json()
    assert [one["name"] for one in listed["registrations"]] == [PEOPLE[found]]
    exported = client.get(
        f"/api/v1/events/{event}/attendees.json", query_string={"q": typed}, headers=bearer
    ).get_json()
    assert [one["name"] for one in exported] == [PEOPLE[found]]
