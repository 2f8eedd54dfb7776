"""Two organisers change the same event at the same time."""

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.browser import Browser
from tests.support.databases import ON_BOTH_DATABASES

pytestmark = ON_BOTH_DATABASES
PATH = "/console/events/winter-webinar/change"
RADIOS = {"takes_registrations": "yes", "invites.asks_for_rsvp": "yes", "invites.decline_frees_place": "no"}


@pytest.fixture
def sent(browser: Browser, event: str) -> dict[str, str]:
    """What the form would send as it is, opened before anybody else changes the event."""
    return fields_of(browser.page(PATH))


def fields_of(page: str) -> dict[str, str]:
    tags = re.findall(r"<input[^>]+>", page.partition("<main")[2])
    typed = [
        (re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in tags if "radio" not in tag
    ]
    return {name[1]: unescape(value[1]) if value else "" for name, value in typed if name} | RADIOS


def somebody_else_changes(client: FlaskClient, bearer: dict[str, str], **changes: Any) -> None:
    assert client.patch("/api/v1/events/winter-webinar", json=changes, headers=bearer).status_code == 200


def present(client: FlaskClient, bearer: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/events/winter-webinar", headers=bearer).get_json()
    return found


def moved(client: FlaskClient, bearer: dict[str, str]) -> None:
    """The other organiser moves the session by a week."""
    (session,) = present(client, bearer)["sessions"]
    later = {"id": session["id"], "starts_at": "2030-11-11T14:00", "ends_at": "2030-11-11T15:00"}
    somebody_else_changes(client, bearer, sessions=[later | {"join_url": session["join_url"]}])


def test_an_organiser_is_told_what_somebody_else_changed_and_keeps_what_they_typed(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], sent: dict[str, str]
) -> None:
    moved(client, bearer)
    told = browser.send(PATH, **sent | {"title": "Winter webinar, mended"})
    assert told.status_code == 409
    summary = told.text.partition('role="alert"')[2].partition("</div>")[0]
    assert "Somebody else changed this event while you had it open." in summary
    assert "Starts is now “11 Nov 2030, 14.00”." in summary
    assert "Ends is now “11 Nov 2030, 15.00”." in summary
    assert "Title" not in summary
    assert fields_of(told.text)["title"] == "Winter webinar, mended"
    assert present(client, bearer)["title"] == "Winter webinar"


def test_saving_again_changes_only_what_was_typed(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], sent: dict[str, str]
) -> None:
    moved(client, bearer)
    told = browser.send(PATH, **sent | {"title": "Winter webinar, mended"})
    saved = browser.send(PATH, **fields_of(told.text))
    assert saved.status_code == 303
    event = present(client, bearer)
    assert event["title"] == "Winter webinar, mended"
    assert event["sessions"][0]["starts_at"] == "2030-11-11T14:00:00"


def test_what_both_have_changed_is_told_and_the_second_decides(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], sent: dict[str, str]
) -> None:
    somebody_else_changes(client, bearer, title="Theirs")
    told = browser.send(PATH, **sent | {"title": "Mine"})
    assert "Title is now “Theirs”." in told.text
    assert fields_of(told.text)["title"] == "Mine"
    assert browser.send(PATH, **fields_of(told.text)).status_code == 303
    assert present(client, bearer)["title"] == "Mine"


def test_a_third_change_is_told_too(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], sent: dict[str, str]
) -> None:
    somebody_else_changes(client, bearer, title="Theirs")
    told = browser.send(PATH, **sent | {"title": "Mine"})
    somebody_else_changes(client, bearer, title="Theirs again")
    assert "Title is now “Theirs again”." in browser.send(PATH, **fields_of(told.text)).text


@pytest.mark.parametrize("changes", [{"description": "Not on this form."}, {"capacity": 5}, {"title": "Mine"}])
def test_a_change_of_something_else_or_the_same_change_is_no_hindrance(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], sent: dict[str, str], changes: dict[str, Any]
) -> None:
    somebody_else_changes(client, bearer, **changes)
    assert browser.send(PATH, **sent | {"title": "Mine"}).status_code == 303
    assert present(client, bearer) | changes | {"title": "Mine"} == present(client, bearer)


def test_mistakes_and_somebody_elses_changes_are_told_together(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], sent: dict[str, str]
) -> None:
    moved(client, bearer)
    told = browser.send(PATH, **sent | {"title": ""})
    assert told.status_code == 409
    assert "Give the event a title." in told.text
    assert "Starts is now “11 Nov 2030, 14.00”." in told.text


def test_sessions_that_came_and_went_are_told_by_their_times(
    client: FlaskClient, browser: Browser, bearer: dict[str, str], sent: dict[str, str]
) -> None:
    (session,) = present(client, bearer)["sessions"]
    kept = {name: session[name] for name in ("id", "starts_at", "ends_at", "join_url")}
    first = {"starts_at": "2030-11-01T09:00", "ends_at": "2030-11-01T10:00"}
    somebody_else_changes(client, bearer, sessions=[first, kept])
    told = browser.send(PATH, **sent | {"title": "Mine"})
    assert "Session 1: Starts is now “1 Nov 2030, 09.00”." in told.text
    assert "Session 2" not in told.text
    assert browser.send(PATH, **fields_of(told.text)).status_code == 303
    assert len(present(client, bearer)["sessions"]) == 2


def test_a_program_that_names_the_version_it_read_overwrites_nobody(
    client: FlaskClient, bearer: dict[str, str], event: str
) -> None:
    address = f"/api/v1/events/{event}"
    read = client.get(address, headers=bearer).headers["ETag"]
    first, second = (
        client.patch(address, json={"title": title}, headers=bearer | {"If-Match": read}) for title in ("One", "Two")
    )
    assert (first.status_code, second.status_code) == (200, 412)
    assert "Read it again" in second.get_json()["detail"]
    assert client.get(address).get_json()["title"] == "One"
    assert client.patch(address, json={"title": "Three"}, headers=bearer).status_code == 200


def test_the_answer_to_a_change_names_the_version_for_the_next(
    client: FlaskClient, bearer: dict[str, str], event: str
) -> None:
    address = f"/api/v1/events/{event}"
    etag = client.get(address, headers=bearer).headers["ETag"]
    for title in ("One", "Two"):
        changed = client.patch(address, json={"title": title}, headers=bearer | {"If-Match": etag})
        assert changed.status_code == 200
        assert changed.headers["ETag"] != etag
        etag = changed.headers["ETag"]
    assert client.get(address, headers=bearer).headers["ETag"] == etag
