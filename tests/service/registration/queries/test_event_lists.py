"""Lists of events: by their next sessions, a page at a time, and at the same cost however many there are."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event as happening

from services.registration import create_app
from services.registration.models import Event, db
from services.registration.operations import events, organisers
from services.registration.operations.events import EventPlan, PlannedSession
from services.registration.operations.timeline import SYSTEM
from services.registration.queries.events import PAGE
from services.registration.rules.events import EventDetails, SessionDetails
from tests.support.browser import Browser
from tests.support.databases import databases
from tests.support.migrated import migrate

NOW = datetime(2030, 6, 15, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOME, CONSOLE = "/", "/console/"
LISTS = (HOME, "/?past=yes", CONSOLE, "/console/?past=yes")


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def app(request: pytest.FixtureRequest, settings: dict[str, str]) -> Iterator[Flask]:
    with databases(request.param, "registration") as named, time_machine.travel(NOW, tick=False):
        app = create_app(settings | named)
        migrate(app)
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Signed in as an organiser."""
    organisers.ensure_organiser("organiser@example.org", "a long example password")
    db.session.commit()
    browser = Browser(app.test_client())
    keys = browser.hidden("/console/sign-in")
    browser.send("/console/sign-in", email="organiser@example.org", password="a long example password", **keys)
    return browser


def make(slug: str, *starts: datetime, hours: int = 1, publish: bool = True) -> Event:
    """An event with a session of so many hours at each of these times."""
    sessions = tuple(PlannedSession(SessionDetails(at, at + hours * HOUR)) for at in starts)
    event = events.create(EventPlan(EventDetails(title=f"Event {slug}", slug=slug, timezone="UTC"), sessions), SYSTEM)
    if publish:
        events.publish(event, SYSTEM)
    db.session.commit()
    return event


def slugs(browser: Browser, path: str) -> list[str]:
    """The slugs of the events on a page, in their order."""
    return re.findall(r'<(?:h2|th scope="row")><a href="(?:/console)?/events/([\w-]+)"', browser.page(path))


def link(page: str, rel: str) -> str | None:
    """Where the link of the pager leads."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


def test_the_next_session_orders_events_and_not_the_last(browser: Browser) -> None:
    make("long-series", NOW + DAY, NOW + 300 * DAY)
    make("soon", NOW + 2 * DAY)
    make("begun-long-ago", NOW - 40 * DAY, NOW + 3 * DAY)
    make("going-on", NOW - HOUR, hours=2)
    for path in (HOME, CONSOLE):
        assert slugs(browser, path) == ["going-on", "long-series", "soon", "begun-long-ago"]


def test_events_that_are_over_are_behind_a_link_the_latest_first(browser: Browser) -> None:
    make("long-over", NOW - 20 * DAY)
    make("over", NOW - 40 * DAY, NOW - 2 * HOUR)
    make("to-come", NOW + DAY)
    for path in (HOME, CONSOLE):
        assert slugs(browser, path) == ["to-come"]
        assert f'href="{path}?past=yes"' in browser.page(path)
        assert slugs(browser, f"{path}?past=yes") == ["over", "long-over"]


def test_the_public_sees_published_events_and_organisers_see_all(browser: Browser) -> None:
    make("draft", NOW + DAY, publish=False)
    events.cancel(make("cancelled", NOW + 2 * DAY), SYSTEM)
    db.session.commit()
    make("published", NOW + 3 * DAY)
    assert slugs(browser, HOME) == ["published"]
    assert slugs(browser, CONSOLE) == ["draft", "cancelled", "published"]


def test_a_cancelled_session_does_not_count(browser: Browser) -> None:
    event = make("moved", NOW + DAY, NOW + 5 * DAY)
    event.sessions[0].cancelled_at = NOW
    db.session.commit()
    make("other", NOW + 2 * DAY)
    assert slugs(browser, HOME) == ["other", "moved"]


@pytest.mark.parametrize("path", LISTS)
def test_pages_lead_to_every_event_and_back(browser: Browser, path: str) -> None:
    towards = -1 if "past" in path else 1
    made = [make(f"n{number:02}", NOW + towards * (number + 1) * DAY).slug for number in range(2 * PAGE + 5)]
    page, seen = path, []
    while True:
        seen.append((page, slugs(browser, page)))
        further = link(browser.page(page), "next")
        if further is None:
            break
        page = further
    assert [slug for _, found in seen for slug in found] == made
    assert [len(found) for _, found in seen] == [PAGE, PAGE, 5]
    back = page
    for _, found in reversed(seen[:-1]):
        earlier = link(browser.page(back), "prev")
        assert earlier is not None
        back = earlier
        assert slugs(browser, back) == found
    assert link(browser.page(back), "prev") is None


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_many_events_asks_as_often_and_loads_no_more_than_a_page(browser: Browser, path: str) -> None:
    towards = -1 if "past" in path else 1
    for number in range(PAGE):
        make(f"n{number:02}", NOW + towards * (number + 1) * DAY)
    few = cost(browser, path)
    for number in range(PAGE, 4 * PAGE):
        make(f"n{number:02}", NOW + towards * (number + 1) * DAY)
    many = cost(browser, path)
    assert many["statements"] == few["statements"] <= 6
    assert many["rows"] <= few["rows"] + 1  # the one that says that there is another page, and its event
    assert few["rows"] == PAGE


def cost(browser: Browser, path: str) -> dict[str, int]:
    """How many statements a page takes, and how many events it loads."""
    db.session.remove()  # a request begins with nothing loaded
    found = {"statements": 0, "rows": 0}

    def count_statement(*_: Any) -> None:
        found["statements"] += 1

    def count_row(*_: Any) -> None:
        found["rows"] += 1

    happening.listen(db.engine, "before_cursor_execute", count_statement)
    happening.listen(Event, "load", count_row)
    browser.page(path)
    happening.remove(Event, "load", count_row)
    happening.remove(db.engine, "before_cursor_execute", count_statement)
    return found


def test_a_program_reads_the_same_lists_with_cursors_both_ways_and_the_total(app: Flask) -> None:
    make("later", NOW + 3 * DAY)
    make("series", NOW - DAY, NOW + DAY)
    make("soon", NOW + 2 * DAY)
    make("draft", NOW + 4 * DAY, publish=False)
    for days in (1, 2):
        make(f"over-{days}", NOW - days * DAY)
    organisers.ensure_api_key("an-organisers-key", "tests")
    db.session.commit()
    client, bearer = app.test_client(), {"Authorization": "Bearer an-organisers-key"}
    first = client.get("/api/v1/events?limit=2").get_json()
    assert ([one["slug"] for one in first["events"]], first["total"]) == (["series", "soon"], 3)
    assert first["previous_cursor"] is None
    second = client.get(f"/api/v1/events?limit=2&cursor={first['next_cursor']}").get_json()
    assert ([one["slug"] for one in second["events"]], second["total"]) == (["later"], 3)
    assert second["next_cursor"] is None
    again = client.get(f"/api/v1/events?limit=2&cursor={second['previous_cursor']}").get_json()
    assert again["events"] == first["events"]
    assert client.get("/api/v1/events", headers=bearer).get_json()["total"] == 4
    over = client.get("/api/v1/events?past=yes").get_json()
    assert ([one["slug"] for one in over["events"]], over["total"]) == (["over-1", "over-2"], 2)


@pytest.mark.parametrize("path", [HOME, CONSOLE])
def test_a_cursor_that_is_none_is_not_found(browser: Browser, path: str) -> None:
    assert browser.client.get(f"{path}?cursor=nonsense").status_code == 404
