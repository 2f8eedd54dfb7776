"""The preview in the console, with the two services that it asks behind a real web server, and without."""

import html
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services import calendar, notifications
from services.registration.models import Outbox, TimelineEntry, db
from tests.support.browser import Browser
from tests.support.migrated import migrate
from tests.support.web_server import served

PREVIEW = "/console/events/winter-webinar/preview"


@pytest.fixture
def others(app: Flask, settings: dict[str, str], tmp_path: Path) -> Iterator[None]:
    """Calendar and notifications, each at an address of its own that registration knows."""
    files = {f"{name}_DATABASE_URL": f"sqlite:///{tmp_path}/{name}.db" for name in ("CALENDAR", "NOTIFICATIONS")}
    with ExitStack() as running:
        for service, name in ((calendar, "CALENDAR_URL"), (notifications, "NOTIFICATIONS_URL")):
            other = service.create_app({**settings, **files, "MAIL_DIR": str(tmp_path / "mail")})
            migrate(other)
            app.config[name] = running.enter_context(served(other))
        yield


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.usefixtures("others", "event")
def test_an_organiser_sees_the_mail_and_what_calendars_read_in_it(browser: Browser) -> None:
    answer = browser.client.get(PREVIEW)
    page = words(answer.text)
    for fact in (
        "Subject You have a place: Winter webinar",
        "From Example Events <events@example.org>",
        "Mails for one person 1",
        "Puts the event in the calendar (REQUEST)",
        "Monday 4 November 2030, 14.00 to 15.00 Greenwich Mean Time, London",
        "Organiser Example Events (events@example.org)",
        "Asks for an answer yes",
        "Reminder 15 minutes before",
        "Join online: https://meet.example.org/winter",
    ):
        assert fact in page
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    frame = re.search(r'<iframe[^>]+src="([^"]+)"[^>]+sandbox="([^"]*)"', answer.text)
    assert frame is not None
    assert "allow-scripts" not in frame[2]
    assert "allow-same-origin" not in frame[2]
    inside = browser.client.get(html.unescape(frame[1]))
    assert "You have a place" in words(inside.text)
    assert "default-src 'none'" in inside.headers["Content-Security-Policy"]
    assert "sandbox" in inside.headers["Content-Security-Policy"]


@pytest.mark.usefixtures("others", "event")
def test_whoever_waits_gets_no_invite_and_no_way_in(browser: Browser) -> None:
    page = words(browser.page(f"{PREVIEW}?mail=waitlisted"))
    assert "Subject You are on the waiting list: Winter webinar" in page
    assert "This mail has no invite." in page
    assert "meet.example.org" not in page


@pytest.mark.usefixtures("others")
def test_a_draft_of_several_sessions_shows_each_of_its_mails(
    browser: Browser, client: FlaskClient, bearer: dict[str, str]
) -> None:
    days = ("2030-11-04T12:30", "2030-11-12T10:00", "2030-12-05T15:00")
    sessions = [{"title": f"Part {day[8:10]}", "starts_at": day, "ends_at": f"{day[:11]}16:00"} for day in days]
    draft: dict[str, Any] = {"title": "Draft", "slug": "draft", "timezone": "Europe/London", "sessions": sessions}
    assert client.post("/api/v1/events", json=draft, headers=bearer).status_code == 201
    path = "/console/events/draft/preview"
    first = words(browser.page(path))
    assert "gets 4 mails" in first
    assert "This mail has no invite: the others have one each." in first
    assert "Tuesday 12 November 2030, 10.00 to 16.00" in words(browser.page(f"{path}?number=3")).partition("When")[2]
    assert client.get(f"{path}?number=5").status_code == 404


@pytest.mark.usefixtures("event")
def test_a_service_that_does_not_answer_is_said_so(app: Flask, browser: Browser) -> None:
    app.config["CALENDAR_URL"] = "http://127.0.0.1:1"
    answer = browser.client.get(PREVIEW)
    assert answer.status_code == 503
    assert "A part of Placecard does not answer just now. Try again in a minute." in words(answer.text)
    assert browser.client.get(f"{PREVIEW}/html").status_code == 503


@pytest.mark.usefixtures("event")
@pytest.mark.parametrize("path", [f"{PREVIEW}?mail=nonsense", "/console/events/nothing/preview"])
def test_there_is_no_preview_of_what_there_is_not(browser: Browser, path: str) -> None:
    assert browser.client.get(path).status_code == 404


def test_strangers_see_no_preview(client: FlaskClient, event: str) -> None:
    for path in (PREVIEW, f"{PREVIEW}/html"):
        assert client.get(path).status_code == 302
    assert client.post(PREVIEW, data={"mail": "confirmed"}).status_code in (302, 400)


@pytest.mark.usefixtures("others", "event")
def test_an_organiser_sends_it_to_themselves_by_the_road_all_mail_takes(app: Flask, browser: Browser) -> None:
    for _ in range(2):
        sent = browser.send(PREVIEW, **browser.hidden(PREVIEW, PREVIEW))
        assert sent.status_code == 303
        assert "It is on its way to you." in browser.page(sent.location)
    with app.app_context():
        owed = [row for row in db.session.scalars(select(Outbox).order_by(Outbox.id)) if row.type == "notice-due"]
        assert [row.queue for row in owed] == ["calendar", "calendar"]
        assert owed[0].key == owed[1].key
        assert owed[0].ordinal < owed[1].ordinal
        body: dict[str, Any] = owed[0].body or {}
        assert body["notice"]["recipient"]["email"] == "organiser@example.org"
        assert len(db.session.scalars(select(TimelineEntry).filter_by(what="preview sent")).all()) == 2


@pytest.mark.usefixtures("others")
def test_an_event_that_was_called_off_has_no_preview(
    browser: Browser, client: FlaskClient, event: str, bearer: dict[str, str]
) -> None:
    client.post(f"/api/v1/events/{event}/cancel", headers=bearer)
    assert browser.client.get(PREVIEW).status_code == 409
