"""Tallies are what counting would find, whatever happens and however much of it at one time."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.registration import tallies
from services.registration.models import Event, Registration, Tally, db
from services.registration.operations import events, registrations
from services.registration.operations.events import Description, Sitting
from services.registration.operations.registrations import Application
from services.registration.timeline import REGISTRANT, SYSTEM
from shared.appending import write_appended
from shared.ids import new_id
from tests.system.test_statements import app, of_postgresql

__all__ = ["app"]

AT = datetime(2030, 11, 4, 14, tzinfo=UTC)
PEOPLE = range(5)
STEPS = st.one_of(
    st.tuples(st.just("registers"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("cancels"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("takes it back"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("capacity"), st.sampled_from([None, 1, 3])),
)


def an_event(capacity: int | None = None) -> tuple[Event, Description]:
    description = Description(
        "Counted", f"counted-{new_id()}", "Europe/London", (Sitting(AT, AT.replace(hour=15)),), capacity=capacity
    )
    event = events.create(description, SYSTEM)
    events.publish(event, SYSTEM)
    return event, description


def register(event: Event, number: int) -> None:
    """Commits nothing."""
    email = f"counted{number}@example.org"
    application = Application("Ada Example", email, email, "", {}, ("privacy",))
    registrations.register(event, application, REGISTRANT)


def counted(event: Event) -> dict[str, int]:
    db.session.expire_all()
    return Counter(db.session.scalars(select(Registration.status).filter_by(event_id=event.id)))


def tallied(event: Event) -> dict[str, int]:
    found = tallies.of_event(event)
    assert found.pop("all") == sum(found.values())
    return {status: number for status, number in found.items() if number}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=4, max_size=12))
def test_tallies_are_what_counting_finds(app: Flask, steps: list[tuple[str, int | None]]) -> None:
    with app.app_context():
        event, description = an_event()
        for what, which in steps:
            if what == "capacity":
                events.change(event, replace(description, capacity=which), SYSTEM)
            elif what == "cancels":
                for registration in db.session.scalars(select(Registration).filter_by(event_id=event.id)):
                    if registration.person.email == f"counted{which}@example.org":
                        registrations.cancel(registration, REGISTRANT)
            else:
                register(event, which or 0)
                db.session.rollback() if what == "takes it back" else db.session.commit()

            assert tallied(event) == counted(event)
            assert tallies.holding_a_place().get(event.id, 0) == counted(event)["confirmed"]


def test_registrations_at_one_time_wait_for_no_tally(app: Flask) -> None:
    """Each transaction is still open when the next one registers."""
    if not of_postgresql(app):
        pytest.skip("SQLite has one writer")
    with app.app_context():
        event, _ = an_event()
        slug = event.slug
    contexts = [app.app_context() for _ in range(4)]
    for number, context in enumerate(contexts):
        context.push()
        register(db.session.scalars(select(Event).filter_by(slug=slug)).one(), number)
        write_appended(db.session)
    for context in reversed(contexts):
        db.session.commit()
        context.pop()

    with app.app_context():
        event = db.session.scalars(select(Event).filter_by(slug=slug)).one()
        assert tallied(event) == {"confirmed": 4}
        assert len(list(db.session.scalars(select(Tally)))) == 4
        register(event, 5)
        db.session.commit()
        assert len(list(db.session.scalars(select(Tally)))) == 4
