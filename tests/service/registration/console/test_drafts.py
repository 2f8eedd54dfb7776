"""Drafts: their address can be mended, they can be deleted, and one in the past is published only on purpose."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.support.browser import Browser
from tests.support.databases import ON_BOTH_DATABASES

pytestmark = ON_BOTH_DATABASES
AFTER = datetime(2030, 6, 11, tzinfo=UTC)
API = "/api/v1/events"


@pytest.fixture
def afterwards() -> Iterator[None]:
    """A day after the draft's session."""
    with time_machine.travel(AFTER, tick=False):
        yield


@pytest.fixture
def draft(client: FlaskClient, bearer: dict[str, str]) -> str:
    """The slug of a draft, which has a slip in it."""
    body = {
        "title": "Spring webinar",
        "slug": "sprung-webinar",
        "timezone": "Europe/London",
        "sessions": [{"starts_at": "2030-06-10T10:00", "ends_at": "2030-06-10T11:00"}],
    }
    assert client.post(API, json=body, headers=bearer).status_code == 201
    return "sprung-webinar"


@pytest.fixture
def typed(browser: Browser, client: FlaskClient, bearer: dict[str, str], draft: str) -> dict[str, str]:
    """The form to change the draft, as it is."""
    (session,) = client.get(f"{API}/{draft}", headers=bearer).get_json()["sessions"]
    return {
        **browser.hidden(f"/console/events/{draft}/change"),
        "title": "Spring webinar",
        "slug": draft,
        "sessions-0-id": session["id"],
        "sessions-0-starts_at": "2030-06-10T10:00",
        "sessions-0-ends_at": "2030-06-10T11:00",
        "takes_registrations": "yes",
        "invites.asks_for_rsvp": "yes",
        "invites.decline_frees_place": "no",
        "invites.reminder_minutes": "15",
    }


def test_the_address_of_a_draft_can_be_mended(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], draft: str, typed: dict[str, str]
) -> None:
    sent = browser.send(f"/console/events/{draft}/change", **typed | {"slug": "spring-webinar"})
    assert sent.status_code == 303
    assert "Spring webinar" in browser.page(sent.location)
    assert client.get(f"{API}/{draft}", headers=bearer).status_code == 404
    mended = client.patch(f"{API}/spring-webinar", json={"slug": "spring"}, headers=bearer)
    assert (mended.status_code, mended.get_json()["slug"]) == (200, "spring")


@pytest.mark.parametrize(
    ("slug", "sentence"),
    [
        ("winter-webinar", "Another event has this address already."),
        ("Spring webinar", "Use small letters, digits and single hyphens"),
        ("", "Give the event a name for its address."),
    ],
)
@pytest.mark.usefixtures("event")
def test_an_address_that_cannot_be_is_refused_at_its_field(
    browser: Browser, draft: str, typed: dict[str, str], slug: str, sentence: str
) -> None:
    refused = browser.send(f"/console/events/{draft}/change", **typed | {"slug": slug})
    assert refused.status_code == 422
    assert sentence in refused.text.partition('id="slug-error"')[2].partition("</p>")[0]


@pytest.mark.usefixtures("event")
def test_an_address_in_use_is_refused_by_the_api(client: FlaskClient, bearer: dict[str, str], draft: str) -> None:
    assert client.patch(f"{API}/{draft}", json={"slug": "winter-webinar"}, headers=bearer).status_code == 409


def test_the_address_of_a_published_event_stays(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], event: str
) -> None:
    refused = client.patch(f"{API}/{event}", json={"slug": "other"}, headers=bearer)
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["slug"])
    assert 'name="slug"' not in browser.page(f"/console/events/{event}/change")


def test_a_draft_is_deleted_once_that_is_confirmed(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], draft: str
) -> None:
    path = f"/console/events/{draft}/delete"
    assert browser.send(path, **browser.hidden(path)).status_code == 422
    assert browser.send(path, **browser.hidden(path), sure="no").status_code == 303
    assert client.get(f"{API}/{draft}", headers=bearer).status_code == 200
    deleted = browser.send(path, **browser.hidden(path), sure="yes")
    assert deleted.status_code == 303
    assert "is deleted" in browser.page(deleted.location)
    assert client.get(f"{API}/{draft}", headers=bearer).status_code == 404


def test_a_program_deletes_a_draft_and_nothing_else(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], draft: str, event: str
) -> None:
    assert client.delete(f"{API}/{draft}", headers=bearer).status_code == 204
    assert client.delete(f"{API}/{draft}", headers=bearer).status_code == 404
    assert client.delete(f"{API}/{event}", headers=bearer).status_code == 409
    assert client.delete(f"{API}/{event}").status_code == 401
    assert browser.client.get(f"/console/events/{event}/delete").status_code == 409


def test_a_draft_is_published_from_its_page(client: FlaskClient, browser: Browser, draft: str) -> None:
    path = f"/console/events/{draft}/publish"
    assert path in browser.page(f"/console/events/{draft}")
    assert client.get(f"/events/{draft}").status_code == 404
    assert browser.send(path, **browser.hidden(path)).status_code == 303
    assert client.get(f"/events/{draft}").status_code == 200


@pytest.mark.usefixtures("afterwards")
def test_a_draft_in_the_past_is_published_once_that_is_confirmed(
    client: FlaskClient, browser: Browser, draft: str
) -> None:
    path = f"/console/events/{draft}/publish"
    assert "This event is over. Publish it anyway?" in browser.page(path)
    assert browser.send(path, **browser.hidden(path)).status_code == 422
    assert browser.send(path, **browser.hidden(path), sure="no").status_code == 303
    assert client.get(f"/events/{draft}").status_code == 404
    assert browser.send(path, **browser.hidden(path), sure="yes").status_code == 303
    assert "This event is over." in client.get(f"/events/{draft}").text


@pytest.mark.usefixtures("afterwards")
def test_a_program_publishes_an_event_in_the_past_only_on_purpose(
    client: FlaskClient, bearer: dict[str, str], draft: str
) -> None:
    refused = client.post(f"{API}/{draft}/publish", headers=bearer)
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["even_if_over"])
    assert client.get(f"/events/{draft}").status_code == 404
    published = client.post(f"{API}/{draft}/publish", json={"even_if_over": True}, headers=bearer)
    assert (published.status_code, published.get_json()["state"]) == (200, "over")
