"""Programs that open every link in a mail and press the first button of each page change nothing."""

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.commands import load_demo
from services.registration.models import Consent, Event, Placement, Registration, db
from services.registration.notices import links
from tests.support.browser import Browser
from tests.support.demo_people import DEMO
from tests.support.invitation_answers import answers

HERE = "http://localhost:8000"
DEPTH = 3


class Seen(HTMLParser):
    """The links of a page, and its forms with the fields that a press of their first button sends."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.pressed = False
        self.text_of = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "form":
            self.pressed = given.get("method") != "post"
            if not self.pressed:
                self.forms.append((given.get("action", ""), {}))
        elif tag in ("input", "button") and self.forms and given.get("name"):
            self._fill(tag, given)
        elif tag == "textarea" and self.forms:
            self.text_of = given.get("name", "")
            self.forms[-1][1][self.text_of] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.text_of = ""

    def handle_data(self, data: str) -> None:
        if self.text_of:
            self.forms[-1][1][self.text_of] += data

    def _fill(self, tag: str, given: dict[str, str]) -> None:
        chosen = given.get("type") not in ("radio", "checkbox", "submit") or "checked" in given
        if tag == "button":
            chosen, self.pressed = not self.pressed, True
        if chosen:
            self.forms[-1][1][given["name"]] = given.get("value", "")


def open_everything(client: FlaskClient, start: str) -> Iterator[str]:
    """Open each page up to three links away, press the first button of each of its forms; the paths opened."""
    known, level = {start}, [start]
    for _ in range(DEPTH + 1):
        found: list[str] = []
        for path in level:
            answer = client.get(path)
            yield path
            if answer.mimetype != "text/html":
                continue
            seen = Seen(answer.text)
            for action, fields in seen.forms:
                target = urljoin(HERE + path, action)
                if "/sign-out" not in target:
                    sent = client.post(target.removeprefix(HERE), data=fields)
                    assert sent.status_code in (303, 409, 422), f"{target} was not read: {sent.status}"
                    found.append(urljoin(target, sent.location or ""))
            found += [urljoin(HERE + path, link) for link in seen.links]
        ours = [urldefrag(link).url.removeprefix(HERE) for link in found if link.startswith(HERE)]
        level = [path for path in dict.fromkeys(ours) if path not in known]
        known.update(level)


@pytest.fixture
def event(app: Flask, client: FlaskClient, bearer: dict[str, str]) -> str:
    """The slug of the demo event, which has a programme of two groups. A No to its invite frees the place."""
    load_demo(app)
    frees_place = {"invites": {"decline_frees_place": True}}
    assert client.patch(f"/api/v1/events/{DEMO}", json=frees_place, headers=bearer).status_code == 200
    return DEMO


@pytest.fixture
def own_page(app: Flask, client: FlaskClient, event: str) -> str:
    """The path of the page of Ada Example, who is registered, and has not confirmed a No to the invite."""
    body = {"name": "Ada Example", "email": "ada@example.org", "consents": ["privacy"]}
    assert client.post(f"/api/v1/events/{event}/registrations", json=body).status_code == 201
    answers(app, "declined", proved=False)
    with app.app_context():
        return links.own_page(db.session.scalars(select(Registration)).one()).removeprefix(HERE)


def status(app: Flask) -> str:
    with app.app_context():
        return db.session.scalars(select(Registration)).one().status


def test_a_scanner_of_the_link_in_a_mail_cancels_nobody(app: Flask, client: FlaskClient, own_page: str) -> None:
    opened = list(open_everything(client, own_page))
    assert f"{own_page}/cancel" in opened
    assert f"{own_page}/edit" in opened
    assert f"{own_page}/decline" in opened
    assert status(app) == "confirmed"
    with app.app_context():
        assert [one.withdrawn_at for one in db.session.scalars(select(Consent))] == [None]


def test_a_scanner_of_the_link_in_a_cancellation_brings_nobody_back(
    app: Flask, client: FlaskClient, own_page: str
) -> None:
    client.post(f"{own_page}/cancel", data=Browser(client).hidden(f"{own_page}/cancel") | {"sure": "yes"})
    assert f"{own_page}/again" in list(open_everything(client, own_page))
    assert status(app) == "cancelled"


def test_a_scanner_in_an_organisers_browser_changes_nothing(app: Flask, browser: Browser, own_page: str) -> None:
    opened = list(open_everything(browser.client, f"/console/events/{DEMO}"))
    assert any(path.startswith("/console/registrations/") and path.endswith("/cancel") for path in opened)
    assert f"/console/events/{DEMO}/cancel" in opened
    assert status(app) == "confirmed"
    with app.app_context():
        assert db.session.scalars(select(Event)).one().status == "published"
        assert db.session.scalars(select(Placement)).all() == []


@pytest.mark.parametrize(("choice", "expected"), [("no", "confirmed"), ("yes", "cancelled"), ("perhaps", "confirmed")])
def test_only_a_yes_cancels(app: Flask, client: FlaskClient, own_page: str, choice: str, expected: str) -> None:
    keys = Browser(client).hidden(f"{own_page}/cancel")
    client.post(f"{own_page}/cancel", data=keys | {"sure": choice})
    assert status(app) == expected


def test_without_a_choice_the_page_says_that_nothing_changed(app: Flask, client: FlaskClient, own_page: str) -> None:
    refused = client.post(f"{own_page}/cancel", data=Browser(client).hidden(f"{own_page}/cancel"))
    assert refused.status_code == 422
    assert "Choose yes or no. Nothing has been changed yet." in refused.text
    assert " checked" not in refused.text.partition("<main")[2]
