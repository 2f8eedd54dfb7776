"""What PostgreSQL does for the queries that run most: none of them reads a table whole that grows.

The queries are those that the product asks while it works, among thousands of people and events.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import event as happening
from sqlalchemy import select, text

from services.registration import create_app
from services.registration.handlers import note_rsvp
from services.registration.models import Event, Outbox, Registration, db, queue
from services.registration.operations import events
from services.registration.queries import attendees, counts
from services.registration.queries.attendees import Filters, Page
from shared.contracts import encode
from shared.contracts.receipts import Answer, Outcome, RsvpReceived, Settled
from shared.database.ids import new_id
from shared.database.migrations import upgrade
from shared.database.utc import now
from shared.messaging import inbox, outbox, receiving
from shared.messaging.envelope import Envelope
from tests.support import crowd
from tests.support.databases import databases

PEOPLE, LARGE = 12_000, 1000
SLUG = "pbsc-learning"
SETTINGS = {
    "SECRET_KEY": "a secret for tests only",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "MAIL_FROM": "events@example.org",
    "RATE_LIMIT": "off",
}
MORE_OF_ALL = (
    """INSERT INTO events SELECT (jsonb_populate_record(events, jsonb_build_object(
         'id', gen_random_uuid(), 'slug', 'event-' || n))).* FROM events, generate_series(1, 3000) n""",
    """INSERT INTO inbox (id, type, key, ordinal, status, received_at, tries, errors, crashes, settled_at)
       SELECT gen_random_uuid(), 'RsvpReceived', n, 1, 'done', now(), 0, 0, 0, now() FROM generate_series(1, 3000) n""",
    """INSERT INTO idempotency_keys (key, request_hash, status, answer, created_at)
       SELECT n, n, 201, '{}', now() FROM generate_series(1, 3000) n""",
)


@dataclass
class World:
    """The service among many people, and the queries it asked."""

    app: Flask
    asked: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def event(self) -> Event:
        """The event that all those people come to."""
        return db.session.scalars(select(Event).filter_by(slug=SLUG)).one()

    def somebody(self) -> Registration:
        """One of them."""
        return db.session.scalars(select(Registration).order_by(Registration.id).limit(1)).one()

    def page(self, cursor: str | None = None, **filters: str) -> Page:
        """A page of the list."""
        return attendees.page(self.event, Filters(**filters), cursor)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note what is asked meanwhile."""

        def note(_: Any, __: Any, statement: str, parameters: Any, ___: Any, is_for_many: bool) -> None:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                self.asked.append((statement, parameters[0] if is_for_many else parameters))

        happening.listen(db.engine, "before_cursor_execute", note)
        yield
        happening.remove(db.engine, "before_cursor_execute", note)

    def plans(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What was asked, and how PostgreSQL goes about it."""
        with db.engine.connect() as connection:
            for statement, parameters in self.asked:
                found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
                yield statement, found.scalar_one()[0]["Plan"]


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    with databases("PostgreSQL") as named:
        app = create_app({**SETTINGS, **named})
        upgrade(app)
        crowd.fill(app, PEOPLE)
        with app.app_context():
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for statement in (*MORE_OF_ALL, "VACUUM ANALYZE"):
                    connection.execute(text(statement))
            yield app
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    yield World(app)
    db.session.rollback()


def opens_the_event_page(world: World) -> None:
    assert world.app.test_client().get(f"/events/{SLUG}").status_code == 200


def registers_twice(world: World) -> None:
    person = {"name": "Ada Example", "email": f"{new_id()}@example.org", "consents": ["privacy"]}
    answers = {"role": "Trustee", "organisation_type": "charity", "interests": ["webinar"]}
    address = f"/api/v1/events/{SLUG}/registrations"
    for _ in range(2):
        answer = world.app.test_client().post(
            address, json=person | {"answers": answers}, headers={"Idempotency-Key": str(new_id())}
        )
        assert answer.status_code == 201, answer.get_json()


def opens_the_list(world: World) -> None:
    assert len(world.page().registrations) == attendees.PAGE
    assert counts.by_status(world.event)["all"] >= PEOPLE


def goes_down_the_list(world: World) -> None:
    half_way = world.page(world.page().next_cursor)
    assert world.page(half_way.next_cursor).registrations


def filters_by_status(world: World) -> None:
    world.page(status="confirmed")
    world.page(status="cancelled")


def filters_by_answer(world: World) -> None:
    world.page(rsvp="declined")


def filters_by_state_in_a_group(world: World) -> None:
    assert world.page(cohort_status="in review").registrations
    world.page(cohort="community-of-practice", cohort_status="placed")
    world.page(cohort="funder-pilot", cohort_status="declined")


def searches(world: World) -> None:
    assert len(world.page(q="person3333@").registrations) == 1
    world.page(q="nobody by this name")


def sweeps(_: World) -> None:
    outbox.sweep(queue)


def retries(_: World) -> None:
    with patch.object(queue, "broker_is_well", return_value=True):
        inbox.retry_due(queue)


def takes_in_an_answer(world: World) -> None:
    rsvp = RsvpReceived(
        registration_id=str(world.somebody().id), session_id="", answer=Answer.ACCEPTED, stamped_at=now(), comment=""
    )
    message = Envelope(
        str(new_id()), rsvp.wire_name, rsvp.wire_version, str(new_id()), 1, "calendar", bulk=False, body=encode(rsvp)
    )
    receiving.receive(queue, message, note_rsvp, leased=False)


def settles(world: World) -> None:
    notice = db.session.scalars(select(Outbox).order_by(Outbox.id).limit(1)).one()
    queue.settle([Settled(message_id=str(notice.id), outcome=Outcome.SENT, at=now(), detail="")])


def has_nothing_to_tell(_: World) -> None:
    assert events.notify_of_changes() == 0


def tells_of_a_change(world: World) -> None:
    world.event.revision += 1
    world.event.notices_due = True
    assert events.notify_of_changes() > 0


WORK: dict[Callable[[World], None], str] = {
    opens_the_event_page: "events",
    registers_twice: "people",
    opens_the_list: "registrations",
    goes_down_the_list: "registrations",
    filters_by_status: "registrations",
    filters_by_answer: "registrations",
    filters_by_state_in_a_group: "placements",
    searches: "registrations",
    sweeps: "outbox",
    settles: "outbox",
    retries: "inbox",
    takes_in_an_answer: "inbox",
    has_nothing_to_tell: "events",
    tells_of_a_change: "registrations",
}


COUNTS_MANY, COUNT = {filters_by_state_in_a_group}, "SELECT count(*)"
"""Half of the people are in a state, so counting them reads most of the table in any case."""


@pytest.mark.parametrize("work", WORK, ids=lambda work: work.__name__)
def test_no_large_table_is_read_whole(world: World, work: Callable[[World], None]) -> None:
    with world.listening():
        work(world)

    assert any(WORK[work] in statement for statement, _ in world.asked)
    large = set(db.session.scalars(text(f"SELECT relname FROM pg_class WHERE reltuples > {LARGE}")))
    assert WORK[work] in large
    plans = [(asked, plan) for asked, plan in world.plans() if not (work in COUNTS_MANY and asked.startswith(COUNT))]
    found = {(table, asked) for asked, plan in plans for table in read_whole(plan) if table in large}
    assert found == set()


def read_whole(plan: dict[str, Any]) -> Iterator[str]:
    """The tables that a plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from read_whole(part)
