"""The same road over PostgreSQL and RabbitMQ, where tests are told of such servers."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.databases import databases
from tests.support.machine import Machine, Mailbox, invite_of, link

RABBITMQ = os.environ.get("TEST_RABBITMQ_URL")


def goes_from_form_to_inbox_and_back(machine: Machine, mailbox: Mailbox) -> None:
    email = f"{uuid4().hex}@example.org"
    try:
        assert machine.register(email).status == 200
        (mail,) = mailbox.wait_for(1, email)
        machine.post(f"{link(mail, '/registrations/')}/cancel", {"sure": "yes"})
        _, farewell = mailbox.wait_for(2, email)
        assert "METHOD:CANCEL" in (invite_of(farewell) or "")
    finally:
        machine.stop()


def test_the_road_runs_over_postgresql(tmp_path: Path, mailbox: Mailbox) -> None:
    with databases("PostgreSQL") as named:
        goes_from_form_to_inbox_and_back(Machine(tmp_path, SMTP_URL=mailbox.url, **named), mailbox)


def test_the_road_runs_over_rabbitmq(tmp_path: Path, mailbox: Mailbox) -> None:
    if RABBITMQ is None:
        pytest.skip("TEST_RABBITMQ_URL names no RabbitMQ server")
    goes_from_form_to_inbox_and_back(Machine(tmp_path, SMTP_URL=mailbox.url, BROKER_URL=RABBITMQ), mailbox)
