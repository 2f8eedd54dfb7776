"""The list of attendees: its pages, its search, and the files it becomes."""

import io
import re
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook  # type: ignore[import-untyped,unused-ignore]

from services.registration.queries.attendees import PAGE
from tests.support import crowd
from tests.support.browser import Browser

LIST = "/console/events/pbsc-learning"
SIZE = 2 * PAGE + 7


@pytest.fixture(autouse=True)
def people(app: Flask) -> None:
    """Two pages full, and seven."""
    crowd.fill(app, SIZE)


def numbers(page: str) -> list[int]:
    """The people on a page, who have a number each."""
    return [int(number) for number in re.findall(r"person(\d+)@example\.org", page)]


def links(page: str, words: str) -> list[str]:
    return [unescape(address) for address in re.findall(rf'href="([^"]+)">{re.escape(words)}<', page)]


def test_every_page_leads_to_the_next_until_all_were_there(browser: Browser) -> None:
    seen, path = [], LIST
    while path:
        page = browser.page(path)
        seen += numbers(page)
        path = next(iter(links(page, "Older registrations")), "")

    assert seen == [*reversed(range(SIZE))]


def test_a_cursor_needs_no_escape_in_an_address(client: FlaskClient, bearer: dict[str, str]) -> None:
    address = "/api/v1/events/pbsc-learning/registrations?limit=5"

    first = client.get(address, headers=bearer).get_json()
    second = client.get(f"{address}&cursor={first['next_cursor']}", headers=bearer).get_json()
    emails = [one["email"] for page in (first, second) for one in page["registrations"]]
    assert numbers(" ".join(emails)) == [*range(SIZE - 1, SIZE - 11, -1)]


@pytest.mark.parametrize("cursor", ["x", "~~", f"yesterday~{UUID(int=1)}", f"2030-01-01T00:00:00~{UUID(int=1)}"])
def test_a_cursor_that_is_not_ours_is_no_page(browser: Browser, cursor: str) -> None:
    assert browser.client.get(f"{LIST}?cursor={cursor}").status_code == 404


def test_search_finds_the_middle_of_words(browser: Browser) -> None:
    assert numbers(browser.page(f"{LIST}?q=ERSON42@+xample")) == [42]
    assert "No attendees match." in browser.page(f"{LIST}?q=100%25")


def test_the_list_as_shown_becomes_a_workbook(browser: Browser) -> None:
    page = browser.page(f"{LIST}?q=person42@")

    (address,) = links(page, "Download this list (Excel)")
    _, *rows = load_workbook(io.BytesIO(browser.client.get(address).data)).active.values
    assert [row[1] for row in rows] == ["person42@example.org"]
    (address,) = links(page, "CSV")
    assert browser.client.get(address).text.count("\r\n") == 2


def test_tallies_count_all_whatever_is_shown(browser: Browser) -> None:
    page = browser.page(f"{LIST}?status=cancelled")

    assert f"<strong>{SIZE}</strong> Coming" in page
    assert numbers(page) == []
