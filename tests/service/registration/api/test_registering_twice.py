"""Registering twice with one Idempotency-Key, and what a key holds for."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.registration.models import Registration, db
from services.registration.operations import registrations
from tests.support.registering import Register


def how_many(app: Flask) -> int:
    with app.app_context():
        return db.session.query(Registration).count()


def test_the_same_request_with_the_same_key_is_carried_out_once(app: Flask, register: Register, bearer: Any) -> None:
    once = bearer | {"Idempotency-Key": "abc-1"}

    first, second = register(once), register(once)
    assert (first.status_code, first.get_json()) == (second.status_code, second.get_json())
    assert how_many(app) == 1
    with app.app_context():
        assert db.session.query(Registration).one().reminded_at is None


def test_a_key_for_another_request_is_refused(app: Flask, register: Register) -> None:
    register({"Idempotency-Key": "abc-1"})

    refused = register({"Idempotency-Key": "abc-1"}, email="ben@example.org")
    assert refused.status_code == 422
    assert how_many(app) == 1


def test_nobody_reads_the_answer_that_another_was_given(register: Register, bearer: Any) -> None:
    organisers = register(bearer | {"Idempotency-Key": "abc-1"}).get_json()

    strangers = register({"Idempotency-Key": "abc-1"})
    assert "id" in organisers
    assert "id" not in strangers.get_json()


def test_a_key_belongs_to_one_address(client: FlaskClient, event: str, bearer: Any) -> None:
    once = bearer | {"Idempotency-Key": "abc-1"}

    assert client.post(f"/api/v1/events/{event}/publish", headers=once).get_json()["status"] == "published"
    assert client.post(f"/api/v1/events/{event}/cancel", headers=once).get_json()["status"] == "cancelled"


@pytest.mark.parametrize("unusable", ["", "two words", "x" * 151])
def test_a_key_that_cannot_be_kept_is_refused(app: Flask, register: Register, unusable: str) -> None:
    assert register({"Idempotency-Key": unusable}).status_code == 400
    assert how_many(app) == 0


def test_of_two_at_once_the_second_gets_the_first_ones_answer(
    app: Flask, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = registrations.register
    overtaken: list[TestResponse] = []

    def overtake(*args: Any) -> Any:
        monkeypatch.setattr(registrations, "register", plain)
        db.session.rollback()  # lets the other one in, as a database that takes several writers does
        overtaken.append(register({"Idempotency-Key": "abc-1"}))
        return plain(*args)

    monkeypatch.setattr(registrations, "register", overtake)
    late = register({"Idempotency-Key": "abc-1"})

    assert (late.status_code, late.get_json()) == (overtaken[0].status_code, overtaken[0].get_json())
    assert how_many(app) == 1
