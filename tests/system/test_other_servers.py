"""The same road over PostgreSQL and RabbitMQ, where tests are told of such servers."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from tests.system.machine import Machine, Mailbox, invite_of, link

POSTGRES = os.environ.get("TEST_POSTGRES_URL")
RABBITMQ = os.environ.get("TEST_RABBITMQ_URL")
SERVICES = ("registration", "calendar", "notifications")


@pytest.fixture
def databases() -> Iterator[dict[str, str]]:
    """A fresh PostgreSQL database for each service."""
    if POSTGRES is None:
        pytest.skip("TEST_POSTGRES_URL names no PostgreSQL server")
    server = create_engine(POSTGRES.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    names = {service: f"placecard_{service}_{uuid4().hex}" for service in SERVICES}
    with server.connect() as connection:
        for name in names.values():
            connection.execute(text(f"CREATE DATABASE {name}"))
        base = POSTGRES.rpartition("/")[0]
        yield {f"{service.upper()}_DATABASE_URL": f"{base}/{name}" for service, name in names.items()}
        for name in names.values():
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def goes_from_form_to_inbox_and_back(machine: Machine, mailbox: Mailbox) -> None:
    email = f"{uuid4().hex}@example.org"
    try:
        assert machine.register(email).status == 200
        (mail,) = mailbox.wait_for(1, email)
        machine.post(f"{link(mail, '/registrations/')}/cancel", {})
        _, farewell = mailbox.wait_for(2, email)
        assert "METHOD:CANCEL" in (invite_of(farewell) or "")
    finally:
        machine.stop()


def test_the_road_runs_over_postgresql(tmp_path: Path, mailbox: Mailbox, databases: dict[str, str]) -> None:
    goes_from_form_to_inbox_and_back(Machine(tmp_path, SMTP_URL=mailbox.url, **databases), mailbox)


def test_the_road_runs_over_rabbitmq(tmp_path: Path, mailbox: Mailbox) -> None:
    if RABBITMQ is None:
        pytest.skip("TEST_RABBITMQ_URL names no RabbitMQ server")
    goes_from_form_to_inbox_and_back(Machine(tmp_path, SMTP_URL=mailbox.url, BROKER_URL=RABBITMQ), mailbox)
