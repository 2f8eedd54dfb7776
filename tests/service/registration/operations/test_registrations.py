"""Registering as an operation: several may share one transaction."""

from flask import Flask
from sqlalchemy import select

from services.registration.models import Outbox, Registration, db
from services.registration.operations import registrations
from services.registration.operations.timeline import SYSTEM
from services.registration.queries import event_snapshots
from services.registration.rules.applications import Application
from services.registration.rules.places import Status

ANN = Application("Ann Example", "ann@example.org", "ann@example.org", "", {}, ("privacy",), source="api")


def test_one_person_registered_twice_in_a_transaction_has_one_registration(app: Flask, event: str) -> None:
    with app.test_request_context(method="POST"):
        snapshot = event_snapshots.get(event)
        assert snapshot is not None
        first = registrations.register(snapshot.attach(), ANN, SYSTEM)
        second = registrations.register(snapshot.attach(), ANN, SYSTEM)
        db.session.commit()
        assert first.registration is second.registration
        assert len(db.session.scalars(select(Registration)).all()) == 1
        bodies = [row.body or {} for row in db.session.scalars(select(Outbox))]
        kinds = [body["notice"]["kind"] for body in bodies if "notice" in body]
        assert sorted(kinds) == ["already_registered", "confirmed"]


def test_one_transaction_registers_and_cancels(app: Flask, event: str) -> None:
    with app.test_request_context(method="POST"):
        snapshot = event_snapshots.get(event)
        assert snapshot is not None
        registered = registrations.register(snapshot.attach(), ANN, SYSTEM)
        registrations.cancel(registered.registration, SYSTEM)
        db.session.commit()
        assert registered.registration.status is Status.CANCELLED
