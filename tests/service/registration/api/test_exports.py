"""Attendee lists, taken from the database and through the API."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook  # type: ignore[import-untyped,unused-ignore]
from sqlalchemy import event as happening
from sqlalchemy import select

from services.registration.exports import attendees
from services.registration.models import Cohort, Event, Person, Placement, Programme, Registration, db
from services.registration.queries.attendees import Filters
from shared.database.ids import new_id
from shared.database.utc import now

BASE = ["name", "email", "organisation", "status", "registered_at", "cohorts", "rsvp", "attendance", "language"]
CONSENTS = ["consent_privacy", "consent_news"]
ASKED = ["role", "interests", "first_choice"]


@pytest.fixture
def people(client: FlaskClient, event: str) -> None:
    """Ada in July, Ben in December; Ben has left."""
    for name, day, more in (
        ("Ada", datetime(2030, 7, 1, 9, tzinfo=UTC), {"consents": ["privacy", "news"]}),
        ("Ben", datetime(2030, 11, 1, 9, tzinfo=UTC), {"answers": {"role": "=HYPERLINK(1)"}}),
    ):
        body = {"name": f"{name} Example", "email": f"{name.lower()}@example.org", "consents": ["privacy"], **more}
        with time_machine.travel(day, tick=False):
            assert client.post(f"/api/v1/events/{event}/registrations", json=body).status_code == 201


def lines(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.usefixtures("people")
def test_the_columns_are_always_the_same(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    taken = client.get(f"/api/v1/events/{event}/attendees.csv", headers=bearer)

    assert taken.content_type == "text/csv; charset=utf-8"
    assert taken.headers["Content-Disposition"] == 'attachment; filename="winter-webinar-attendees.csv"'
    assert taken.data.startswith(b"\xef\xbb\xbfname,email,")
    ada, ben = lines(taken.data)
    assert list(ada) == [*BASE, *CONSENTS, *ASKED]
    assert (ada["consent_news"], ben["consent_news"]) == ("yes", "no")
    assert ben["role"] == "'=HYPERLINK(1)"


@pytest.mark.usefixtures("people")
def test_a_workbook_has_the_same_columns_and_rows(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    address = f"/api/v1/events/{event}/attendees"

    taken = client.get(f"{address}.xlsx", headers=bearer)
    header, ada, ben = load_workbook(io.BytesIO(taken.data)).active.iter_rows(values_only=True)
    assert taken.headers["Content-Disposition"] == 'attachment; filename="winter-webinar-attendees.xlsx"'
    assert list(header) == [*BASE, *CONSENTS, *ASKED]
    assert dict(zip(header, ada, strict=True))["registered_at"] == datetime(2030, 7, 1, 10)
    assert dict(zip(header, ben, strict=True))["role"] == "=HYPERLINK(1)"

    picked = client.get(f"{address}.xlsx?columns=role,email&q=ada", headers=bearer)
    assert list(load_workbook(io.BytesIO(picked.data)).active.values) == [("role", "email"), (None, "ada@example.org")]
    assert client.get(f"{address}.xlsx?columns=shoe_size", headers=bearer).status_code == 422
    assert client.get(f"{address}.xlsx").status_code == 401


@pytest.mark.usefixtures("people")
def test_times_are_those_of_the_events_clocks(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    ada, ben = lines(client.get(f"/api/v1/events/{event}/attendees.csv", headers=bearer).data)

    assert ada["registered_at"] == "2030-07-01T10:00:00+01:00"
    assert ben["registered_at"] == "2030-11-01T09:00:00+00:00"


@pytest.mark.usefixtures("people")
def test_columns_are_picked_and_put_in_order(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    address = f"/api/v1/events/{event}/attendees"

    taken = client.get(f"{address}.json?columns=role,email,&q=ben", headers=bearer)
    assert taken.get_json() == [{"role": "=HYPERLINK(1)", "email": "ben@example.org"}]
    assert list(taken.get_json()[0]) == ["role", "email"]
    refused = client.get(f"{address}.csv?columns=shoe_size", headers=bearer)
    assert refused.status_code == 422
    assert "shoe_size" in refused.get_json()["errors"]["columns"][0]


@pytest.mark.usefixtures("people")
def test_filters_are_those_of_the_list(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    (ben,) = client.get(f"/api/v1/events/{event}/registrations?q=ben", headers=bearer).get_json()["registrations"]
    client.delete(f"/api/v1/registrations/{ben['id']}", headers=bearer)

    taken = client.get(f"/api/v1/events/{event}/attendees.json?status=confirmed", headers=bearer).get_json()
    assert [one["name"] for one in taken] == ["Ada Example"]
    assert client.get(f"/api/v1/events/{event}/attendees.json?status=offered", headers=bearer).get_json() == []


@pytest.mark.usefixtures("people")
def test_answers_to_questions_no_longer_asked_stay_in_the_list(
    client: FlaskClient, event: str, bearer: dict[str, str]
) -> None:
    form = [{"key": "name", "label": "What do friends call you?"}]
    client.patch(f"/api/v1/events/{event}", json={"questions": form}, headers=bearer)

    ben = lines(client.get(f"/api/v1/events/{event}/attendees.csv", headers=bearer).data)[1]
    assert list(ben) == [*BASE, *CONSENTS, "answers.name", *ASKED]
    assert ben["name"] == "Ben Example"
    assert ben["role"] == "'=HYPERLINK(1)"


@pytest.fixture
def crowd(app: Flask, event: str) -> int:
    """Two batches and a half of people, all of them in one cohort, and Ada's in two."""
    at, size = now(), 2500
    with app.app_context():
        found = db.session.scalars(select(Event).filter_by(slug=event)).one()
        found.programme = Programme(id=new_id(), slug="change", title="Change", created_at=at)
        cohorts = [
            Cohort(id=new_id(), programme_id=found.programme.id, slug=slug, title=slug.title(), position=n, rules=[])
            for n, slug in enumerate(("first", "second", "left"))
        ]
        db.session.add_all([found.programme, *cohorts])
        db.session.flush()
        for number in range(size):
            person = Person(
                id=new_id(), email_key=f"{number}@example.org", email=f"{number}@example.org", created_at=at
            )
            registration = Registration(
                id=new_id(),
                event_id=found.id,
                person_id=person.id,
                status="confirmed",
                name=f"Person {number}",
                answers={},
                form_version=1,
                source="test",
                search="",
                created_at=at,
            )
            db.session.add_all([person, registration])
            in_cohorts = {0: "placed", 2: "withdrawn"} | ({1: "in review"} if number == 0 else {})
            db.session.add_all(
                Placement(
                    person_id=person.id,
                    registration_id=registration.id,
                    cohort_id=cohorts[n].id,
                    status=status,
                    asked=True,
                    fits="place",
                    updated_at=at,
                )
                for n, status in in_cohorts.items()
            )
        db.session.commit()
    return size


@pytest.mark.usefixtures("crowd")
def test_a_long_list_is_read_in_batches(app: Flask, client: FlaskClient, event: str, bearer: Any, crowd: int) -> None:
    with app.app_context():
        engine = db.engine
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    happening.listen(engine, "before_cursor_execute", note)
    taken = client.get(f"/api/v1/events/{event}/attendees.csv", headers=bearer)
    read = lines(taken.data)
    happening.remove(engine, "before_cursor_execute", note)

    assert len(read) == crowd
    assert (read[0]["cohorts"], read[0]["group.second"]) == ("First", "To decide")
    assert {one["cohorts"] for one in read[1:]} == {"First"}
    assert len([statement for statement in asked if statement.startswith("SELECT")]) < 15


@pytest.mark.usefixtures("crowd")
def test_a_long_list_is_sent_while_it_is_read(app: Flask, event: str) -> None:
    with app.app_context():
        found = db.session.scalars(select(Event).filter_by(slug=event)).one()
        chunks: Iterator[bytes] = attendees(found, Filters(), "csv", ["email"])
        sizes = [chunk.count(b"\r\n") for chunk in chunks]
    assert sizes == [1, 1000, 1000, 500]
