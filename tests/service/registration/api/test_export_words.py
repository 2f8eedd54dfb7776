"""Lists that tell members of a group from people under review, and lists in words."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook  # type: ignore[import-untyped,unused-ignore]
from sqlalchemy import select

from services.registration.commands import load_demo
from services.registration.models import Event, Registration, db
from services.registration.operations import placements, registrations
from services.registration.operations.timeline import SYSTEM
from tests.support.browser import Browser
from tests.support.databases import databases

EVENT = "pbsc-learning"
LIST = f"/api/v1/events/{EVENT}/attendees"
PAGE = f"/console/events/{EVENT}"
COMMUNITY, PILOT = "group.community-of-practice", "group.funder-pilot"


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def settings(request: pytest.FixtureRequest, settings: dict[str, str]) -> Iterator[dict[str, str]]:
    with databases(request.param, "registration", create=False) as urls:
        yield settings | urls


@pytest.fixture(autouse=True)
def people(app: Flask, client: FlaskClient) -> None:
    """Ann is in the community, Bea waits for a decision, Cat was declined, Dan did not ask, and Eve has cancelled."""
    load_demo(app)
    asks = {"interests": ["community_of_practice"]}
    member = asks | {"organisation_type": "charity", "stage": "connection"}
    everybody = {"ann": member, "bea": asks, "cat": asks, "dan": {"interests": ["webinar"]}, "eve": asks}
    for name, answers in everybody.items():
        body = {"name": name.title(), "email": f"{name}@example.org", "consents": ["privacy"], "answers": answers}
        assert client.post(f"/api/v1/events/{EVENT}/registrations", json=body).status_code == 201
    with app.test_request_context():
        of = {one.name: one for one in db.session.scalars(select(Registration))}
        programme = db.session.scalars(select(Event)).one().programme
        assert programme is not None
        placements.decline(of["Cat"], programme.cohorts[0], SYSTEM, "It is full.")
        registrations.cancel(of["Eve"], SYSTEM)
        db.session.commit()


def rows(client: FlaskClient, bearer: dict[str, str], query: str = "") -> list[dict[str, Any]]:
    taken = client.get(f"{LIST}.csv?{query}", headers=bearer)
    assert taken.status_code == 200, taken.text
    return list(csv.DictReader(io.StringIO(taken.data.decode("utf-8-sig"), newline="")))


def sheet(data: bytes) -> list[dict[str, Any]]:
    header, *found = load_workbook(io.BytesIO(data)).active.values
    return [dict(zip(header, row, strict=True)) for row in found]


def test_each_cohort_is_a_column_with_its_state_in_every_format(client: FlaskClient, bearer: dict[str, str]) -> None:
    expected = {"Ann": "In the group", "Bea": "To decide", "Cat": "Declined", "Dan": None, "Eve": "To decide"}
    as_json = client.get(f"{LIST}.json", headers=bearer).get_json()
    as_sheet = sheet(client.get(f"{LIST}.xlsx", headers=bearer).data)

    assert {row["name"]: row[COMMUNITY] or None for row in rows(client, bearer)} == expected
    assert {row["name"]: row[COMMUNITY] for row in as_json} == expected
    assert {row["name"]: row[COMMUNITY] for row in as_sheet} == expected
    assert {row[PILOT] for row in as_json} == {None}
    assert [row["name"] for row in as_json if row["cohorts"]] == ["Ann"]


def listed(client: FlaskClient, bearer: dict[str, str], query: str = "") -> list[dict[str, Any]]:
    found = client.get(f"/api/v1/events/{EVENT}/registrations?{query}", headers=bearer)
    return sorted(found.get_json()["registrations"], key=lambda one: str(one["name"]))


def ask_for_the_webinar_only(client: FlaskClient, bearer: dict[str, str], *names: str) -> None:
    only = {"answers": {"interests": ["webinar"]}}
    for one in listed(client, bearer):
        if one["name"] in names:
            assert client.patch(f"/api/v1/registrations/{one['id']}", json=only, headers=bearer).status_code == 200


def test_only_somebody_who_was_in_a_group_has_left_it(client: FlaskClient, bearer: dict[str, str]) -> None:
    ask_for_the_webinar_only(client, bearer, "Ann", "Bea")
    states = {row["name"]: row[COMMUNITY] for row in rows(client, bearer)}
    assert (states["Ann"], states["Bea"]) == ("Left", "")


@pytest.mark.parametrize("query", ["cohort_status=withdrawn", "cohort=community-of-practice&cohort_status=withdrawn"])
def test_lists_filter_by_the_state_of_those_who_left_a_group(
    client: FlaskClient, bearer: dict[str, str], query: str
) -> None:
    ask_for_the_webinar_only(client, bearer, "Ann", "Bea")
    assert [one["name"] for one in listed(client, bearer, query)] == ["Ann"]
    assert [row["name"] for row in rows(client, bearer, query)] == ["Ann"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("cohort=community-of-practice&cohort_status=placed", ["Ann"]),
        ("cohort=community-of-practice&cohort_status=in+review", ["Bea"]),
        ("cohort=community-of-practice&cohort_status=declined", ["Cat"]),
        ("cohort_status=in+review", ["Bea"]),
        ("cohort=funder-pilot&cohort_status=in+review", []),
        ("cohort=community-of-practice", ["Ann", "Bea", "Eve"]),
    ],
)
def test_lists_filter_by_the_state_in_a_group(
    client: FlaskClient, bearer: dict[str, str], query: str, names: list[str]
) -> None:
    assert [one["name"] for one in listed(client, bearer, query)] == names
    assert [row["name"] for row in rows(client, bearer, query)] == names


def test_a_state_that_is_none_is_refused(client: FlaskClient, bearer: dict[str, str]) -> None:
    assert client.get(f"{LIST}.csv?cohort_status=happy", headers=bearer).status_code == 422


def test_the_list_counts_whom_to_decide_on_and_leads_to_them(browser: Browser) -> None:
    page = browser.page(PAGE)
    assert f'<a href="{PAGE}?cohort_status=in+review"><strong>1</strong> To decide</a>' in page

    shown = browser.page(f"{PAGE}?cohort_status=in+review")
    assert "bea@example.org" in shown
    assert "ann@example.org" not in shown
    assert "eve@example.org" not in shown
    assert "cohort_status=in+review" in shown.partition("attendees.xlsx")[2].partition('"')[0]


def test_with_labels_questions_options_and_statuses_are_in_words(client: FlaskClient, bearer: dict[str, str]) -> None:
    ann = rows(client, bearer, "labels=yes")[0]

    assert ann["What kind of organisation are you with?"] == "A charity"
    assert (ann["Status"], ann["Attendance"], ann["Language"]) == ("Coming", "Not recorded", "English")
    assert "In the group" in ann.values()
    assert "organisation_type" not in ann
    plain = rows(client, bearer)[0]
    assert (plain["organisation_type"], plain["status"], plain["language"]) == ("charity", "confirmed", "en")
    assert rows(client, bearer, "columns=status&labels=yes")[0] == {"Status": "Coming"}


def test_the_consoles_downloads_are_in_words_and_one_is_for_programs(browser: Browser) -> None:
    in_words = sheet(browser.client.get(f"{PAGE}/attendees.xlsx").data)[0]
    assert in_words["What kind of organisation are you with?"] == "A charity"

    text = browser.client.get(f"{PAGE}/attendees.csv").text
    assert "A charity" in text
    assert "organisation_type" not in text
    codes = browser.client.get(f"{PAGE}/attendees.csv?labels=no").text
    assert "organisation_type" in codes
    assert "A charity" not in codes


def test_an_option_that_was_taken_off_is_in_words_too(client: FlaskClient, bearer: dict[str, str]) -> None:
    option = {"value": "webinar", "label": "Only the webinar"}
    question = {"key": "interests", "label": "What next?", "type": "any of", "options": [option]}
    same_label = {"key": "role", "label": "What next?"}
    changed = client.patch(f"/api/v1/events/{EVENT}", json={"questions": [question, same_label]}, headers=bearer)
    assert changed.status_code == 200, changed.text

    ann = rows(client, bearer, "labels=yes")[0]
    assert "community of practice" in ann["What next? (interests)"].lower()
    assert ann["What next? (role)"] == ""
