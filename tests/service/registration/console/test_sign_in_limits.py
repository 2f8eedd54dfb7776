"""Sign-ins are limited by network and by account, whether or not the account exists."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from services.registration import create_app
from services.registration.models import db
from services.registration.operations import organisers
from services.registration.web.rate_limits import limiter
from tests.support.browser import Browser
from tests.support.migrated import migrate

ORGANISER, NOBODY, RIGHT = "organiser@example.org", "nobody@example.org", "a long example password"


@pytest.fixture
def app(settings: dict[str, str]) -> Iterator[Flask]:
    """The service with an organiser, counting attempts in memory."""
    app = create_app(settings | {"BROKER_URL": "amqp://127.0.0.1:1/"})
    migrate(app)
    with app.app_context():
        organisers.ensure_organiser(ORGANISER, RIGHT)
        db.session.commit()
        limiter.reset()
    yield app
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


def attempt(app: Flask, email: str, password: str, network: int) -> TestResponse:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = f"192.0.2.{network}"
    browser = Browser(client)
    return browser.send("/console/sign-in", email=email, password=password, **browser.hidden("/console/sign-in"))


@pytest.mark.parametrize("email", [ORGANISER, NOBODY])
def test_guessing_one_accounts_password_from_many_networks_ends_after_ten_attempts(app: Flask, email: str) -> None:
    statuses = [attempt(app, email, "a guess", network).status_code for network in range(12)]
    assert statuses == [401] * 10 + [429] * 2


def test_a_page_that_refuses_says_so_and_keeps_the_address(app: Flask) -> None:
    for network in range(10):
        attempt(app, ORGANISER, "a guess", network)
    refused = attempt(app, ORGANISER, RIGHT, 20)
    assert refused.status_code == 429
    assert "Too many attempts to sign in" in refused.text
    assert f'value="{ORGANISER}"' in refused.text
    assert int(refused.headers["Retry-After"]) > 0


def test_right_passwords_are_not_counted_for_the_account(app: Flask) -> None:
    assert {attempt(app, ORGANISER, RIGHT, network).status_code for network in range(12)} == {303}


def test_one_network_that_guesses_many_accounts_is_refused(app: Flask) -> None:
    statuses = [attempt(app, f"nobody-{number}@example.org", "a guess", 1).status_code for number in range(12)]
    assert statuses == [401] * 10 + [429] * 2


def test_a_session_goes_on_while_others_guess_its_password(app: Flask) -> None:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.200"
    browser = Browser(client)
    browser.send("/console/sign-in", email=ORGANISER, password=RIGHT, **browser.hidden("/console/sign-in"))
    for network in range(12):
        attempt(app, ORGANISER, "a guess", network)
    assert client.get("/console/").status_code == 200
