"""Placing people in cohorts: what one transaction sees of what it has done."""

from flask import Flask
from sqlalchemy import select

from services.registration.commands import load_demo
from services.registration.models import Event, Placement, PlacementStatus, Registration, db
from services.registration.operations import placements, registrations
from services.registration.operations.timeline import SYSTEM, Actor
from services.registration.rules.applications import Application

ORGANISER = Actor("organiser", "1")


def an_application(name: str) -> Application:
    address = f"{name}@example.org"
    answers = {"organisation_type": "charity", "interests": ["community_of_practice"], "stage": "connection"}
    return Application(f"{name.title()} Example", address, address, "", answers, (), source="api")


def the_event() -> Event:
    return db.session.scalars(select(Event)).one()


def test_the_last_place_of_a_cohort_is_given_once_in_a_transaction(app: Flask) -> None:
    load_demo(app)
    with app.test_request_context(method="POST"):
        event = the_event()
        assert event.programme is not None
        event.programme.cohorts[0].capacity = 1
        for name in ("ann", "bea"):
            registrations.register(event, an_application(name), SYSTEM)
        db.session.commit()
        found = db.session.execute(select(Registration.name, Placement.status).join(Placement.registration))
        assert dict(found.tuples().all()) == {
            "Ann Example": PlacementStatus.PLACED,
            "Bea Example": PlacementStatus.WAITLISTED,
        }


def test_an_organiser_decides_twice_about_somebody_who_registers_in_the_same_transaction(app: Flask) -> None:
    load_demo(app)
    with app.test_request_context(method="POST"):
        event = the_event()
        assert event.programme is not None
        cohort = event.programme.cohorts[0]
        ann = registrations.register(event, an_application("ann"), SYSTEM).registration
        placements.decline(ann, cohort, ORGANISER, "Full for now.")
        placements.place_by_hand(ann, cohort, ORGANISER)
        db.session.commit()
        assert db.session.scalars(select(Placement.status)).all() == [PlacementStatus.PLACED]
