"""Nobody is given a place in an event that is over, or hears of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Event, Outbox, Registration, db
from services.registration.notices import links
from services.registration.operations import events, invitation_answers, organisers
from shared.contracts.notices import Kind
from shared.contracts.receipts import Answer, RsvpReceived
from tests.support.databases import ON_BOTH_DATABASES

pytestmark = ON_BOTH_DATABASES
BEFORE, AFTER = datetime(2030, 11, 4, 12, tzinfo=UTC), datetime(2030, 11, 4, 15, 0, 1, tzinfo=UTC)
KEY = "an-organisers-key"
SESSION = {
    "starts_at": "2030-11-04T14:00",
    "ends_at": "2030-11-04T15:00",
    "join_url": "https://meet.example.org/winter",
}


@dataclass
class World:
    """An event of one place that Ann has and Bea waits for, and the clock."""

    app: Flask
    client: FlaskClient
    clock: Any
    address: str = "/api/v1/events/winter"
    bearer = {"Authorization": f"Bearer {KEY}"}

    def ask(self, method: str, path: str = "", **body: Any) -> Any:
        """Ask the API something about the event, as an organiser."""
        answer = self.client.open(f"{self.address}{path}", method=method, json=body, headers=self.bearer)
        assert answer.status_code < 400, answer.text
        return answer.get_json(silent=True)

    def apply(self, name: str) -> int:
        """Register somebody."""
        body = {"name": f"{name} Example", "email": f"{name.lower()}@example.org", "consents": ["privacy"]}
        return self.client.post(f"{self.address}/registrations", json=body).status_code

    def of(self, name: str) -> Registration:
        """Somebody's registration."""
        return db.session.scalars(select(Registration).filter_by(name=f"{name} Example")).one()

    def own_page(self, name: str) -> str:
        """The path of somebody's own page."""
        with self.app.app_context():
            return links.own_page(self.of(name)).partition("localhost:8000")[2]

    def heard(self) -> list[tuple[str, str]]:
        """The notices that people were owed so far: kind and name."""
        with self.app.app_context():
            rows = db.session.scalars(select(Outbox).order_by(Outbox.created_at, Outbox.id))
            found = [row.body["notice"] for row in rows if row.body and "notice" in row.body]
        return [(notice["kind"], notice["recipient"]["name"].split()[0]) for notice in found]

    def notify_of_changes(self) -> int:
        """What the clock does every second."""
        with self.app.app_context():
            notified = events.notify_of_changes()
            db.session.commit()
        return notified


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    with time_machine.travel(BEFORE, tick=False) as clock:
        with app.app_context():
            organisers.ensure_api_key(KEY, "tests")
            db.session.commit()
        world = World(app, app.test_client(), clock)
        body = {"title": "Winter", "slug": "winter", "timezone": "Europe/London", "sessions": [SESSION], "capacity": 1}
        world.client.post("/api/v1/events", json=body, headers=world.bearer)
        world.ask("POST", "/publish")
        for name in ("Ann", "Bea"):
            assert world.apply(name) == 201
        yield world


def cancel_by_organiser(world: World) -> None:
    with world.app.app_context():
        ann = world.of("Ann").id
    assert world.client.delete(f"/api/v1/registrations/{ann}", headers=world.bearer).status_code == 204


def cancel_who_waits(world: World) -> None:
    with world.app.app_context():
        bea = world.of("Bea").id
    assert world.client.delete(f"/api/v1/registrations/{bea}", headers=world.bearer).status_code == 204


def cancel_on_own_page(world: World) -> None:
    page = world.own_page("Ann")
    assert world.client.get(f"{page}/cancel").location == page
    assert world.client.post(f"{page}/cancel", data={"sure": "yes"}).location == page
    with world.app.app_context():
        assert world.of("Ann").status == "confirmed"


def decline_in_the_calendar(world: World) -> None:
    world.ask("PATCH", invites={"decline_frees_place": True})
    with world.app.app_context():
        ann = world.of("Ann")
        received = RsvpReceived(
            registration_id=str(ann.id), session_id="", answer=Answer.DECLINED, stamped_at=AFTER, proved=True
        )
        invitation_answers.record(ann, received)
        db.session.commit()


def raise_the_capacity(world: World) -> None:
    world.ask("PATCH", capacity=5)


def take_the_limit_away(world: World) -> None:
    world.ask("PATCH", capacity=None)


def mend_the_title(world: World) -> None:
    world.ask("PATCH", title="Mended")


def open_registration(world: World) -> None:
    world.ask("POST", "/open")


def cancel_the_event(world: World) -> None:
    world.ask("POST", "/cancel", reason="Nobody came.")


def register_again(world: World) -> None:
    assert world.apply("Bea") == 409


AFTERWARDS = [
    cancel_by_organiser,
    cancel_who_waits,
    cancel_on_own_page,
    decline_in_the_calendar,
    raise_the_capacity,
    take_the_limit_away,
    mend_the_title,
    open_registration,
    cancel_the_event,
    register_again,
]


@pytest.mark.parametrize("happens", AFTERWARDS, ids=lambda happens: happens.__name__)
def test_nobody_hears_anything_once_the_event_is_over(world: World, happens: Callable[[World], None]) -> None:
    before = world.heard()
    assert before == [(Kind.CONFIRMED, "Ann"), (Kind.WAITLISTED, "Bea")]
    world.clock.move_to(AFTER)
    happens(world)
    world.notify_of_changes()
    assert world.heard() == before
    with world.app.app_context():
        assert world.of("Bea").status in ("waitlisted", "cancelled")


def test_an_end_that_comes_before_the_notices_of_a_change_stops_them(world: World) -> None:
    before = world.heard()
    mend_the_title(world)
    world.clock.move_to(AFTER)
    assert world.notify_of_changes() == 0
    assert world.heard() == before
    with world.app.app_context():
        assert not db.session.scalars(select(Event)).one().notices_due


def test_an_event_that_is_moved_to_a_later_day_gives_its_free_places(world: World) -> None:
    world.clock.move_to(AFTER)
    cancel_by_organiser(world)
    world.ask("PATCH", sessions=[{"starts_at": "2030-12-04T14:00", "ends_at": "2030-12-04T15:00"}])
    assert world.heard()[-1] == (Kind.PLACE_CAME_FREE, "Bea")


def test_people_who_wait_get_free_places_while_registration_is_closed(world: World) -> None:
    world.ask("POST", "/close")
    cancel_by_organiser(world)
    assert (Kind.PLACE_CAME_FREE, "Bea") in world.heard()


def test_the_own_page_of_an_event_that_is_over_says_so_and_offers_nothing(world: World) -> None:
    world.clock.move_to(AFTER)
    page = world.client.get(world.own_page("Ann")).text
    assert "This event is over" in page
    for offer in ("Join", "Cancel my registration", "Change my answers", "register again"):
        assert offer not in page
