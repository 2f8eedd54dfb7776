"""The public form: what its pages say, and that sending it twice does once what it does."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from services.registration.models import Registration, db
from tests.support.public_form import fill_in


def send(client: FlaskClient, event: str, form: dict[str, str]) -> TestResponse:
    return client.post(f"/events/{event}", data=form)


def thanks(client: FlaskClient, event: str, form: dict[str, str]) -> TestResponse:
    """The page that a good form leads to."""
    sent = send(client, event, form)
    assert sent.status_code == 303
    return client.get(sent.location)


def change(client: FlaskClient, event: str, bearer: dict[str, str], **changes: Any) -> None:
    assert client.patch(f"/api/v1/events/{event}", json=changes, headers=bearer).status_code == 200


def registered(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Registration)) or 0


@pytest.mark.parametrize("places", [None, 1])
def test_a_form_sent_twice_is_thanked_for_twice_and_registers_once(
    app: Flask, client: FlaskClient, event: str, bearer: dict[str, str], places: int | None
) -> None:
    change(client, event, bearer, capacity=places, waitlist=False)
    form = fill_in(client, event)
    answers = [send(client, event, form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert registered(app) == 1


def test_whoever_comes_after_the_last_place_loses_nothing_typed(
    client: FlaskClient, event: str, bearer: dict[str, str]
) -> None:
    change(client, event, bearer, capacity=1, waitlist=False)
    first, second = fill_in(client, event), fill_in(client, event, "grace", organisation="Example Trust")
    assert send(client, event, first).status_code == 303
    refused = send(client, event, second)
    assert refused.status_code == 409
    assert "every place is taken" in refused.text
    assert 'value="grace@example.org"' in refused.text
    assert 'value="Example Trust"' in refused.text


def test_each_visitor_has_a_form_of_their_own(client: FlaskClient, event: str) -> None:
    keys = {fill_in(client, event)["form_key"] for _ in range(3)}
    assert len(keys) == 3


def test_the_thanks_name_the_event_as_it_is_called_now(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    assert "Winter webinar" in thanks(client, event, fill_in(client, event)).text
    change(client, event, bearer, title="Spring webinar")
    assert "Spring webinar" in thanks(client, event, fill_in(client, event, "grace")).text


def test_a_form_in_a_frame_is_thanked_for_in_the_frame(client: FlaskClient, event: str) -> None:
    framed = thanks(client, event, fill_in(client, event, embedded="yes"))
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    alone = thanks(client, event, fill_in(client, event, "grace"))
    assert "frame-ancestors 'none'" in alone.headers["Content-Security-Policy"]


def test_too_many_registrations_keep_what_was_typed(app: Flask, client: FlaskClient, event: str) -> None:
    app.config["RATE_LIMIT"] = "1/minute"
    assert send(client, event, fill_in(client, event)).status_code == 303
    form = fill_in(
        client, event, "grace", embedded="yes", **{"answers.role": "I keep bees", "answers.interests": "webinar"}
    )
    refused = send(client, event, form)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "frame-ancestors *" in refused.headers["Content-Security-Policy"]
    assert "Your answers are still here: try again in a minute." in refused.text
    for kept in ("grace@example.org", "I keep bees", 'checked id="answers.interests-0"'):
        assert kept in refused.text
    assert registered(app) == 1


def test_the_thanks_say_who_waits_and_where_we_have_written(
    client: FlaskClient, event: str, bearer: dict[str, str]
) -> None:
    change(client, event, bearer, capacity=1)
    first, second = fill_in(client, event), fill_in(client, event, "grace")
    assert "We’ve written to <strong>ada@example.org</strong>" in thanks(client, event, first).text
    waiting = thanks(client, event, second).text
    assert "new registrations go on the waiting list" in waiting
    assert "grace@example.org" in waiting
    assert "ada@example.org" not in waiting


def test_a_control_names_its_help_and_its_error(client: FlaskClient, event: str) -> None:
    page = send(client, event, fill_in(client, event, email="not an address")).text
    assert 'aria-describedby="email-help email-error"' in page
