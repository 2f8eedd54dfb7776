"""A page asks the database as many times for sixty people as for three."""

from collections import Counter
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event as happening
from sqlalchemy import select

from services.registration.models import Registration, db
from tests.support import crowd
from tests.support.browser import Browser

FEW, MANY = 3, 60
LIST = "/console/events/pbsc-learning"
API = "/api/v1/events/pbsc-learning"
PAGES = (
    LIST,
    f"{LIST}?q=example&status=confirmed&cohort=funder-pilot",
    f"{LIST}?cohort_status=in+review",
    f"{LIST}/attendees.csv",
    f"{LIST}/attendees.csv?labels=no&cohort_status=in+review",
    f"{LIST}/attendees.xlsx",
    f"{API}/registrations?limit=100",
    f"{API}/attendees.csv",
    f"{API}/attendees.json",
    f"{API}/attendees.xlsx",
    "/events/pbsc-learning",
)


def asked_for(app: Flask, client: FlaskClient, path: str, headers: dict[str, str]) -> Counter[str]:
    """The statements that a request takes. Those for many ids at once differ only in how many."""
    asked: Counter[str] = Counter()

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked[statement.partition(" IN (")[0]] += 1

    with app.app_context():
        engine = db.engine
    happening.listen(engine, "before_cursor_execute", note)
    answer = client.get(path, headers=headers)
    assert (answer.status_code, len(answer.data) > 0) == (200, True)
    happening.remove(engine, "before_cursor_execute", note)
    return asked


@pytest.mark.parametrize("path", PAGES)
def test_more_people_are_no_more_queries(app: Flask, browser: Browser, bearer: dict[str, str], path: str) -> None:
    crowd.fill(app, FEW)
    asked_for(app, browser.client, path, bearer)  # whatever is asked once in a process
    few = asked_for(app, browser.client, path, bearer)
    crowd.fill(app, MANY)

    assert asked_for(app, browser.client, path, bearer) == few


def test_the_list_asks_who_looks_for_the_event_its_people_their_cohorts_how_many_they_are_and_whom_to_decide_on(
    app: Flask, browser: Browser
) -> None:
    crowd.fill(app, MANY)
    asked_for(app, browser.client, LIST, {})
    asked = asked_for(app, browser.client, LIST, {})
    assert sum(times for statement, times in asked.items() if statement.startswith("SELECT")) == 7


def test_a_persons_page_does_not_grow_with_the_others(app: Flask, browser: Browser) -> None:
    crowd.fill(app, FEW)
    with app.app_context():
        path = f"/console/registrations/{db.session.scalars(select(Registration.id)).first()}"
    asked_for(app, browser.client, path, {})  # the form's versions are asked once in a process
    few = asked_for(app, browser.client, path, {})
    crowd.fill(app, MANY)

    assert asked_for(app, browser.client, path, {}) == few
