"""Registering through the API, and what organisers do with registrations."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.registration.demo.rules import COMMUNITY_RULES, PILOT_RULES
from services.registration.models import Cohort, Event, Programme, db
from services.registration.rules.routing import rules_as_data
from shared.database.ids import new_id
from shared.database.utc import now
from tests.support.registering import ADA, Register


@pytest.fixture
def programme(app: Flask, event: str) -> str:
    """The event leads to a programme with two cohorts."""
    with app.app_context():
        made = Programme(id=new_id(), slug="change", title="Change", created_at=now())
        db.session.add(made)
        db.session.flush()
        for position, (slug, rules) in enumerate(
            {"community-of-practice": COMMUNITY_RULES, "funder-pilot": PILOT_RULES}.items()
        ):
            db.session.add(
                Cohort(
                    programme_id=made.id,
                    slug=slug,
                    title=slug.replace("-", " ").capitalize(),
                    position=position,
                    rules=rules_as_data(rules),
                )
            )
        db.session.query(Event).filter_by(slug=event).one().programme = made
        db.session.commit()
    return "change"


def test_anybody_may_register_and_learns_nothing_but_their_status(register: Register) -> None:
    answer = register()

    assert answer.status_code == 201
    assert answer.get_json().keys() == {"status", "message"}
    assert answer.get_json()["status"] == "confirmed"


def test_the_answer_does_not_tell_who_was_registered_before(register: Register) -> None:
    first, second = register(), register(email="ada@EXAMPLE.org", name="Somebody Else")

    assert (first.status_code, first.get_json()) == (second.status_code, second.get_json())


def test_an_organiser_gets_the_id_and_the_page(client: FlaskClient, register: Register, bearer: Any) -> None:
    made = register(bearer).get_json()

    assert made["page_url"].startswith("http://localhost:8000/registrations/")
    seen = client.get(f"/api/v1/registrations/{made['id']}", headers=bearer).get_json()
    assert seen["email"] == "Ada@example.org"
    assert seen["consents"] == ["privacy"]
    assert seen["answers"] == {"role": "Lead"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "ada@example.org\r\nBcc: eve@example.org"}, "email"),
        ({"name": ""}, "name"),
        ({"name": ["Ada"]}, "name"),
        ({"consents": []}, "consents.privacy"),
        ({"consents": "privacy"}, "consents"),
        ({"language": "xx"}, "language"),
        ({"answers": {"interests": ["nonsense"]}}, "answers.interests"),
        ({"answers": {"interests": ["funder_pilot"]}}, "answers.first_choice"),
        ({"answers": {"colour": "red"}}, "answers.colour"),
        ({"answers": []}, None),
        ({"answers": ["x"]}, "answers"),
    ],
)
def test_mistakes_are_named_by_field(register: Register, change: dict[str, Any], field: str | None) -> None:
    answer = register(**change)

    if field is None:
        assert answer.status_code == 201
    else:
        assert answer.status_code == 422
        assert answer.content_type == "application/problem+json"
        assert field in answer.get_json()["errors"]


def test_a_full_event_says_so(client: FlaskClient, event: str, register: Register, bearer: Any) -> None:
    client.patch(f"/api/v1/events/{event}", json={"capacity": 1, "waitlist": False}, headers=bearer)
    register()

    assert register(email="ben@example.org").status_code == 409
    assert register().status_code == 409  # to somebody who holds the place too


def test_a_person_who_comes_late_is_waitlisted(
    client: FlaskClient, event: str, register: Register, bearer: Any
) -> None:
    client.patch(f"/api/v1/events/{event}", json={"capacity": 1}, headers=bearer)
    register()

    assert register(email="ben@example.org").get_json()["status"] == "waitlisted"


def test_nobody_registers_for_a_draft_or_a_cancelled_event(
    client: FlaskClient, event: str, register: Register, bearer: Any
) -> None:
    draft = {
        "title": "Draft",
        "slug": "draft",
        "timezone": "UTC",
        "sessions": [{"starts_at": "2031-01-01T10:00", "ends_at": "2031-01-01T11:00"}],
    }
    client.post("/api/v1/events", json=draft, headers=bearer)
    assert client.post("/api/v1/events/draft/registrations", json=ADA).status_code == 404

    client.post(f"/api/v1/events/{event}/cancel", headers=bearer)
    assert register().status_code == 409


def test_organisers_find_registrations(client: FlaskClient, event: str, register: Register, bearer: Any) -> None:
    for name in ("ada", "ben", "cleo"):
        register(name=f"{name.title()} Example", email=f"{name}@example.org")

    def names(query: str) -> list[str]:
        found = client.get(f"/api/v1/events/{event}/registrations?{query}", headers=bearer).get_json()
        return [one["name"] for one in found["registrations"]]

    assert names("") == ["Cleo Example", "Ben Example", "Ada Example"]
    assert names("q=BEN") == ["Ben Example"]
    assert names("q=100%25") == []
    assert names("status=cancelled") == []

    first = client.get(f"/api/v1/events/{event}/registrations?limit=2", headers=bearer).get_json()
    assert names(f"limit=2&cursor={first['next_cursor'].replace('+', '%2B')}") == ["Ada Example"]


@pytest.mark.parametrize("query", ["status=happy", "limit=201", "limit=0", "cursor=x", "statsu=confirmed", "rsvp=x"])
def test_a_filter_that_is_not_one_is_refused(client: FlaskClient, event: str, bearer: Any, query: str) -> None:
    assert client.get(f"/api/v1/events/{event}/registrations?{query}", headers=bearer).status_code == 422


@pytest.mark.usefixtures("programme")
@pytest.mark.parametrize(
    "path",
    [
        "events/{event}/registrations",
        "events/{event}/attendees.csv",
        "events/{event}/attendees.json",
        "registrations/{id}",
        "registrations/{id}/timeline",
        "programmes/change/cohorts",
    ],
)
def test_what_is_known_of_people_is_for_organisers(
    client: FlaskClient, event: str, register: Register, bearer: Any, path: str
) -> None:
    address = "/api/v1/" + path.format(event=event, id=register(bearer).get_json()["id"])

    assert client.get(address).status_code == 401
    seen = client.get(address, headers=bearer)
    assert seen.status_code == 200
    assert seen.headers["Cache-Control"] == "no-store"


def test_only_the_answers_that_are_given_change(client: FlaskClient, register: Register, bearer: Any) -> None:
    made = register(bearer, answers={"role": "Lead", "interests": ["webinar"]}).get_json()

    changed = client.patch(
        f"/api/v1/registrations/{made['id']}",
        json={"name": "Ada Lovelace Example", "answers": {"role": None}},
        headers=bearer,
    )
    assert changed.status_code == 200
    assert changed.get_json()["name"] == "Ada Lovelace Example"
    assert changed.get_json()["organisation"] == "Example Trust"
    assert changed.get_json()["answers"] == {"interests": ["webinar"]}


def test_wrong_changes_are_named_by_field(client: FlaskClient, register: Register, bearer: Any) -> None:
    address = f"/api/v1/registrations/{register(bearer).get_json()['id']}"

    wrong = client.patch(address, json={"answers": {"interests": ["x"]}}, headers=bearer)
    assert "answers.interests" in wrong.get_json()["errors"]
    assert "email" in client.patch(address, json={"email": "b@example"}, headers=bearer).get_json()["errors"]


def test_a_cancelled_place_goes_to_the_person_who_waits(
    client: FlaskClient, event: str, register: Register, bearer: Any
) -> None:
    client.patch(f"/api/v1/events/{event}", json={"capacity": 1}, headers=bearer)
    held, waiting = register(bearer).get_json(), register(bearer, email="ben@example.org").get_json()

    gone = client.delete(f"/api/v1/registrations/{held['id']}", headers=bearer)
    assert (gone.status_code, gone.data) == (204, b"")
    assert client.delete(f"/api/v1/registrations/{held['id']}", headers=bearer).status_code == 204
    assert client.get(f"/api/v1/registrations/{waiting['id']}", headers=bearer).get_json()["status"] == "confirmed"
    assert client.patch(f"/api/v1/registrations/{held['id']}", json={}, headers=bearer).status_code == 409


def test_the_timeline_says_who_did_what(app: Flask, client: FlaskClient, register: Register, bearer: Any) -> None:
    made = register(bearer).get_json()
    client.delete(f"/api/v1/registrations/{made['id']}", headers=bearer)

    entries = client.get(f"/api/v1/registrations/{made['id']}/timeline", headers=bearer).get_json()["entries"]
    assert [entry["what"] for entry in entries] == ["registered", "cancelled"]
    assert {entry["actor"].split()[0] for entry in entries} == {"api"}
    assert datetime.fromisoformat(entries[0]["at"]).tzinfo == UTC


def test_a_person_places_somebody_in_a_cohort(
    client: FlaskClient, register: Register, bearer: Any, programme: str
) -> None:
    made = register(bearer).get_json()
    address = f"/api/v1/registrations/{made['id']}/placements"

    placed = client.post(address, json={"cohort": "funder-pilot", "decision": "place"}, headers=bearer)
    assert placed.status_code == 200
    (placement,) = placed.get_json()["placements"]
    assert (placement["cohort"], placement["status"], placement["pinned"]) == ("funder-pilot", "placed", True)
    counted = client.get(f"/api/v1/programmes/{programme}/cohorts", headers=bearer).get_json()["cohorts"]
    assert [cohort["placements"] for cohort in counted] == [{}, {"placed": 1}]


@pytest.mark.usefixtures("programme")
@pytest.mark.parametrize(
    ("decision", "field"),
    [
        ({"cohort": "nowhere", "decision": "place"}, "cohort"),
        ({"cohort": "funder-pilot", "decision": "maybe"}, "decision"),
        ({"cohort": "funder-pilot", "decision": "decline"}, "reason"),
    ],
)
def test_a_decision_must_be_whole(
    client: FlaskClient, register: Register, bearer: Any, decision: dict[str, str], field: str
) -> None:
    address = f"/api/v1/registrations/{register(bearer).get_json()['id']}/placements"

    assert field in client.post(address, json=decision, headers=bearer).get_json()["errors"]
