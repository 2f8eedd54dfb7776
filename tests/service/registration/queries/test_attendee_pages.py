"""Attendee lists go both ways, and say where one is."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from services.registration import create_app
from services.registration.models import Event, db
from services.registration.operations import organisers
from services.registration.queries import attendees
from services.registration.queries.attendees import Filters, Page
from services.registration.queries.pages import BadCursor
from tests.support import crowd
from tests.support.browser import Browser
from tests.support.databases import databases
from tests.support.migrated import migrate

PEOPLE = 112


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def app(request: pytest.FixtureRequest, settings: dict[str, str]) -> Iterator[Flask]:
    """The demo event with 112 people."""
    with databases(request.param, "registration") as named:
        app = create_app(settings | named)
        migrate(app)
        crowd.fill(app, PEOPLE)
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def page(cursor: str | None = None, **filters: str) -> Page:
    event = db.session.scalars(select(Event)).one()
    return attendees.page(event, Filters(**filters), cursor)


def names(found: Page) -> list[str]:
    return [registration.name for registration in found.registrations]


@pytest.mark.usefixtures("app")
def test_pages_lead_to_everybody_and_back() -> None:
    first = page()
    second = page(first.next_cursor)
    third = page(second.next_cursor)
    places = [(one.first, one.last, one.total) for one in (first, second, third)]
    assert places == [(1, 50, PEOPLE), (51, 100, PEOPLE), (101, PEOPLE, PEOPLE)]
    assert len({*names(first), *names(second), *names(third)}) == PEOPLE
    assert (first.previous_cursor, third.next_cursor) == (None, None)
    assert names(page(third.previous_cursor)) == names(second)
    back = page(page(third.previous_cursor).previous_cursor)
    assert (names(back), back.previous_cursor, back.first) == (names(first), None, 1)
    assert names(page(back.next_cursor)) == names(second)


@pytest.mark.usefixtures("app")
def test_filters_count_only_those_who_match() -> None:
    found = page(q="person11")
    assert (found.first, found.last, found.total) == (1, 3, 3)  # person11, person110 and person111
    nobody = page(status="cancelled")
    assert (nobody.first, nobody.last, nobody.total) == (0, 0, 0)


@pytest.mark.usefixtures("app")
def test_a_cursor_beyond_the_last_row_still_counts_everybody() -> None:
    beyond = page("2000-01-01T00:00:00.0Z~00000000-0000-0000-0000-000000000000")
    assert (beyond.registrations, beyond.first, beyond.last, beyond.total) == ([], 0, 0, PEOPLE)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("cursor", ["nonsense", "2030-01-01T00:00:00.0Z~x", "~~~", "2030-01-01T00:00:00.0Z~x~after"])
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        page(cursor)


def test_the_console_says_where_one_is_and_leads_both_ways(app: Flask) -> None:
    organisers.ensure_organiser("organiser@example.org", "a long example password")
    db.session.commit()
    browser = Browser(app.test_client())
    keys = browser.hidden("/console/sign-in")
    browser.send("/console/sign-in", email="organiser@example.org", password="a long example password", **keys)
    first = browser.page("/console/events/pbsc-learning?status=confirmed")
    assert "1 to 50 of 112" in first
    assert 'rel="prev"' not in first
    second = browser.page(_link(first, "next"))
    assert "51 to 100 of 112" in second
    assert "First page" in second
    assert "1 to 50 of 112" in browser.page(_link(second, "prev"))
    assert "101 to 112 of 112" in browser.page(_link(second, "next"))


def test_a_program_gets_cursors_both_ways_and_the_total(app: Flask) -> None:
    organisers.ensure_api_key("an-organisers-key", "tests")
    db.session.commit()
    client, bearer = app.test_client(), {"Authorization": "Bearer an-organisers-key"}
    address = "/api/v1/events/pbsc-learning/registrations?limit=100"
    first = client.get(address, headers=bearer).get_json()
    assert (first["previous_cursor"], first["total"]) == (None, PEOPLE)
    second = client.get(f"{address}&cursor={first['next_cursor']}", headers=bearer).get_json()
    assert (len(second["registrations"]), second["next_cursor"]) == (12, None)
    again = client.get(f"{address}&cursor={second['previous_cursor']}", headers=bearer).get_json()
    assert again["registrations"] == first["registrations"]


def _link(page: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")
