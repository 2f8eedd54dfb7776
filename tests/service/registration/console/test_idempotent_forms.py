"""A form that is sent twice is carried out once."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Registration, TimelineEntry, db
from services.registration.notices import links
from tests.support.browser import Browser


@pytest.fixture
def own_page(app: Flask, client: FlaskClient, event: str) -> str:
    """The path of the own page of somebody who is registered."""
    body = {"name": "Ada Example", "email": "ada@example.org", "consents": ["privacy"]}
    client.post(f"/api/v1/events/{event}/registrations", json=body)
    with app.app_context():
        return links.own_page(db.session.scalars(select(Registration)).one()).partition("localhost:8000")[2]


def times(app: Flask, what: str) -> int:
    with app.app_context():
        return len(db.session.scalars(select(TimelineEntry).filter_by(what=what)).all())


def test_a_change_of_an_event_sent_twice_is_made_once(app: Flask, browser: Browser, event: str) -> None:
    path = f"/console/events/{event}/change"
    page = browser.page(path)
    fields = _inputs(page) | {"title": "Another title"}
    first, second = browser.send(path, **fields), browser.send(path, **fields)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert times(app, "changed") == 1


def test_a_form_that_was_refused_may_be_sent_again(app: Flask, browser: Browser, event: str) -> None:
    path = f"/console/events/{event}/change"
    fields = _inputs(browser.page(path))
    assert browser.send(path, **fields | {"title": ""}).status_code == 422
    assert browser.send(path, **fields | {"title": "Another title"}).status_code == 303
    assert times(app, "changed") == 1


def test_a_cancellation_sent_twice_by_the_person_happens_once(app: Flask, client: FlaskClient, own_page: str) -> None:
    browser = Browser(client)
    keys = browser.hidden(f"{own_page}/cancel")
    assert set(keys) == {"form_key"}
    answers = [browser.send(f"{own_page}/cancel", **keys, sure="yes") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert times(app, "cancelled") == 1


def _inputs(page: str) -> dict[str, str]:
    """What the form in the page's main part would send as it is."""
    tags = re.findall(r"<input[^>]+>", page.partition("<main")[2])
    named = [(re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in tags]
    return {name[1]: value[1] if value else "" for name, value in named if name}
