"""Signing in: a form sent after the sign-in had ended is kept, and only such a form of our own pages."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from services.registration.models import Outbox, SignIn, db
from shared.database.utc import now
from shared.messaging.outbox import Ending
from tests.support.browser import Browser

CHANGE = "/console/events/winter-webinar/change"
NEW_TITLE = 'Another "title" <b>'
WHO = {"email": "organiser@example.org", "password": "a long example password"}


def inputs(page: str) -> dict[str, str]:
    """The fields of the form in the page's main part, as it would be sent."""
    tags = re.findall(r"<input[^>]+>", page.partition("<main")[2])
    chosen = [tag for tag in tags if 'type="radio"' not in tag or " checked" in tag]
    named = [(re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in chosen]
    return {unescape(name[1]): unescape(value[1]) if value else "" for name, value in named if name}


@pytest.fixture
def signed_out(app: Flask, browser: Browser, event: str) -> dict[str, str]:
    """The form to change an event, open in a browser whose sign-in has ended meanwhile."""
    form = inputs(browser.page(CHANGE)) | {"title": NEW_TITLE}
    with app.app_context():
        db.session.execute(delete(SignIn))
        db.session.commit()
    return form


def sign_in(browser: Browser, page: str) -> TestResponse:
    return browser.send("/console/sign-in", **inputs(page) | WHO)


def test_a_form_typed_while_the_sign_in_ended_comes_back_filled(browser: Browser, signed_out: dict[str, str]) -> None:
    refused = browser.send(CHANGE, **signed_out)
    assert refused.status_code == 401
    assert "Your form is still here" in refused.text

    back = sign_in(browser, refused.text)
    assert f'action="{CHANGE}"' in back.text
    filled = browser.send(CHANGE, **inputs(back.text))
    assert filled.status_code == 422
    assert inputs(filled.text)["title"] == NEW_TITLE

    assert browser.send(CHANGE, **inputs(filled.text)).status_code == 303
    assert inputs(browser.page(CHANGE))["title"] == NEW_TITLE


def test_a_button_pressed_while_the_sign_in_ended_does_nothing_until_it_is_pressed_again(
    app: Flask, browser: Browser, event: str
) -> None:
    with app.app_context():
        failed = db.session.scalars(select(Outbox)).first()
        assert failed is not None
        failed.settled_at, failed.outcome = now(), Ending.FAILED
        db.session.commit()
    path = "/console/deliveries/replay"
    button = browser.hidden("/console/deliveries?state=failed", path)
    with app.app_context():
        db.session.execute(delete(SignIn))
        db.session.commit()
    back = sign_in(browser, browser.send(path, **button).text)
    shown = browser.client.post(path, data=inputs(back.text), follow_redirects=True)
    assert "nothing has been done yet" in shown.text
    assert "on the way again" not in shown.text
    with app.app_context():
        assert db.session.scalars(select(Outbox.outcome)).all() == [Ending.FAILED]


def test_a_password_mistyped_on_the_way_loses_nothing(browser: Browser, signed_out: dict[str, str]) -> None:
    refused = browser.send(CHANGE, **signed_out)
    mistyped = browser.send("/console/sign-in", **inputs(refused.text) | WHO | {"password": "mistyped"})
    assert mistyped.status_code == 401
    assert f'action="{CHANGE}"' in sign_in(browser, mistyped.text).text


def test_a_form_of_another_site_is_not_kept(browser: Browser, signed_out: dict[str, str]) -> None:
    forged = browser.client.post(
        CHANGE, data=signed_out | {"csrf_token": "forged"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert forged.status_code == 302
    assert "/console/sign-in" in forged.location


def test_a_token_that_we_did_not_sign_leads_to_the_console(browser: Browser, signed_out: dict[str, str]) -> None:
    page = browser.page("/console/sign-in")
    entered = browser.send("/console/sign-in", **inputs(page) | WHO | {"kept": "forged"})
    assert entered.status_code == 303
