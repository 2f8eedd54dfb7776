"""The states of an event, as people and programs meet them: on pages, in the API and in public calendars."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Outbox, db
from tests.support.databases import ON_BOTH_DATABASES
from tests.support.public_form import fill_in

pytestmark = ON_BOTH_DATABASES
Patch = Callable[..., Any]
BEFORE, AFTER = datetime(2030, 11, 4, 12, tzinfo=UTC), datetime(2030, 11, 4, 15, 0, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    """A clock that stands still three hours before the event ends, until it is moved."""
    with time_machine.travel(BEFORE, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def patch(client: FlaskClient, event: str, bearer: dict[str, str]) -> Patch:
    """Changes the event by the API."""

    def change(expected: int = 200, **changes: Any) -> Any:
        answer = client.patch(f"/api/v1/events/{event}", json=changes, headers=bearer)
        assert answer.status_code == expected, answer.text
        return answer.get_json()

    return change


def apply(client: FlaskClient, event: str, name: str = "ann") -> Any:
    body = {"name": f"{name.title()} Example", "email": f"{name}@example.org", "consents": ["privacy"]}
    return client.post(f"/api/v1/events/{event}/registrations", json=body)


def listed(app: Flask) -> str:
    """What public calendars were told last of registration."""
    with app.app_context():
        newest = select(Outbox).filter_by(type="event-listed").order_by(Outbox.ordinal.desc()).limit(1)
        body = db.session.scalars(newest).one().body
    assert body is not None
    return str(body["event"]["registration"])


def close_by_switch(patch: Patch) -> None:
    patch(takes_registrations=False)


def close_by_time(patch: Patch) -> None:
    patch(closes_at="2030-11-04T11:59")


def open_later(patch: Patch) -> None:
    patch(opens_at="2030-11-04T12:30")


SAID = [
    (close_by_switch, ("closed", "Registration has closed.")),
    (close_by_time, ("closed", "Registration has closed.")),
    (open_later, ("not_open_yet", "Registration opens on Monday 4 November, 12.30 (Greenwich Mean Time).")),
]


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("make", "said"), SAID)
def test_a_closed_event_says_so_in_place_of_its_form(
    client: FlaskClient, event: str, patch: Patch, make: Callable[[Patch], None], said: tuple[str, str]
) -> None:
    make(patch)
    for path in (f"/events/{event}", f"/events/{event}/embed"):
        page = client.get(path).text
        assert said[1] in page
        assert "<form" not in page
    shown = client.get(f"/api/v1/events/{event}").get_json()
    assert (shown["state"], shown["message"]) == said
    refused = apply(client, event)
    assert (refused.status_code, refused.get_json()["detail"]) == (409, said[1])


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("make", "said"), SAID)
def test_a_form_that_was_open_meanwhile_is_refused_with_the_sentence(
    client: FlaskClient, event: str, patch: Patch, make: Callable[[Patch], None], said: tuple[str, str]
) -> None:
    form = fill_in(client, event)
    make(patch)
    refused = client.post(f"/events/{event}", data=form)
    assert refused.status_code == 409
    assert said[1] in refused.text
    assert "<form" not in refused.text


def test_the_page_opens_and_closes_by_itself(client: FlaskClient, event: str, patch: Patch, clock: Any) -> None:
    patch(opens_at="2030-11-04T12:30", closes_at="2030-11-04T13:00")
    seen = []
    for minute in (29, 30, 59):
        clock.move_to(BEFORE.replace(minute=minute))
        seen.append("<form" in client.get(f"/events/{event}").text)
    clock.move_to(BEFORE.replace(hour=13))
    assert "Registration has closed." in client.get(f"/events/{event}").text
    clock.move_to(AFTER)
    assert "This event is over." in client.get(f"/events/{event}").text
    assert seen == [False, True, True]


@pytest.mark.usefixtures("clock")
def test_a_full_event_says_so_in_place_of_its_form_or_offers_its_waiting_list(
    client: FlaskClient, event: str, patch: Patch
) -> None:
    patch(capacity=1)
    assert apply(client, event).status_code == 201
    page = client.get(f"/events/{event}").text
    assert "Register to join the waiting list" in page
    assert "<form" in page
    assert client.get(f"/api/v1/events/{event}").get_json()["state"] == "waiting_list"
    patch(waitlist=False)
    page = client.get(f"/events/{event}").text
    assert "Every place is taken, and there is no waiting list." in page
    assert "<form" not in page
    assert client.get(f"/api/v1/events/{event}").get_json()["state"] == "full"


@pytest.mark.usefixtures("clock")
def test_a_cancelled_event_gives_its_reason_and_no_calendar(
    client: FlaskClient, event: str, bearer: dict[str, str]
) -> None:
    client.post(f"/api/v1/events/{event}/cancel", json={"reason": "The hall is closed."}, headers=bearer)
    page = client.get(f"/events/{event}").text
    assert "This event is cancelled." in page
    assert "The hall is closed." in page
    assert "<form" not in page
    assert ".ics" not in page


@pytest.mark.usefixtures("clock")
def test_an_organiser_closes_and_opens_registration(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    address = f"/api/v1/events/{event}"
    for _ in range(2):
        closed = client.post(f"{address}/close", headers=bearer)
        assert (closed.status_code, closed.get_json()["state"]) == (200, "closed")
    assert client.post(f"{address}/open", headers=bearer).get_json()["state"] == "open"


@pytest.mark.usefixtures("clock")
def test_opening_drops_the_times_that_stand_against_it(
    client: FlaskClient, event: str, bearer: dict[str, str], patch: Patch
) -> None:
    patch(opens_at="2030-11-04T12:30", closes_at="2030-11-04T13:00")
    opened = client.post(f"/api/v1/events/{event}/open", headers=bearer).get_json()
    assert (opened["state"], opened["opens_at"], opened["closes_at"]) == ("open", None, "2030-11-04T13:00:00")
    patch(closes_at="2030-11-04T11:00")
    assert client.post(f"/api/v1/events/{event}/open", headers=bearer).get_json()["closes_at"] is None


@pytest.mark.usefixtures("clock")
def test_times_of_registration_follow_the_zone_as_sessions_do(patch: Patch) -> None:
    patch(opens_at="2030-11-01T09:00")
    assert patch(timezone="America/New_York")["opens_at"] == "2030-11-01T09:00:00"
    assert patch(title="Another title")["opens_at"] == "2030-11-01T09:00:00"
    assert patch(opens_at=None)["opens_at"] is None


def test_registration_closes_after_it_opens(patch: Patch) -> None:
    refused = patch(422, opens_at="2030-11-02T09:00", closes_at="2030-11-02T09:00")
    assert refused["errors"] == {"closes_at": ["Registration closes after it opens."]}


@pytest.mark.usefixtures("clock")
def test_public_calendars_hear_that_registration_closes_and_that_the_last_place_goes(
    app: Flask, client: FlaskClient, event: str, bearer: dict[str, str], patch: Patch
) -> None:
    patch(capacity=1, closes_at="2030-11-04T13:00")
    assert listed(app) == "Registration closes on Monday 4 November 2030, 13.00 (Greenwich Mean Time)."
    patch(closes_at=None)
    apply(client, event)
    assert listed(app) == "Every place is taken. You can join the waiting list."
    (ann,) = client.get(f"/api/v1/events/{event}/registrations", headers=bearer).get_json()["registrations"]
    client.delete(f"/api/v1/registrations/{ann['id']}", headers=bearer)
    assert listed(app) == ""
    client.post(f"/api/v1/events/{event}/close", headers=bearer)
    assert listed(app) == "Registration has closed."
