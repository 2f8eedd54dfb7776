"""A job of the clock is one transaction: committed as a whole, or not at all."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column
from structlog.testing import capture_logs

from shared.database.db import connect, database
from shared.database.session import defer_insert
from shared.messaging.sender import Sender
from shared.runtime.clock import Job, _inside


class Service:
    """A service with one table, as its clock knows it."""

    def __init__(self, url: str) -> None:
        self.db = database()

        class Note(self.db.Model):  # type: ignore[name-defined,misc]
            __tablename__ = "notes"
            id: Mapped[int] = mapped_column(primary_key=True)

        self.Note: Any = Note
        self.app = Flask("service")
        connect(self.app, self.db, url, durable=False)
        self.app.extensions["queue"] = Sender("service", self.db, outbox_table=None, inbox_table=None)
        with self.app.app_context():
            self.db.create_all()

    def add(self, id: int) -> None:
        """Change something in two ways."""
        self.db.session.add(self.Note(id=id))
        defer_insert(self.db.session, self.Note, id=id + 100)

    def run(self, do: Any) -> list[str]:
        """Run a job as the clock does; the names of the jobs that are logged as failed."""
        with capture_logs() as logs:
            _inside(self.app, Job("example", 1, do))()
        return [entry["job"] for entry in logs if entry["event"] == "clock job failed"]

    def notes(self) -> list[int]:
        """What is committed."""
        with self.app.app_context():
            return list(self.db.session.scalars(select(self.Note.id).order_by(self.Note.id)))


@pytest.fixture
def service(tmp_path: Any) -> Iterator[Service]:
    service = Service(f"sqlite:///{tmp_path}/service.sqlite")
    yield service
    with service.app.app_context():
        service.db.engine.dispose()


def test_what_a_job_changed_is_committed(service: Service) -> None:
    assert service.run(lambda: service.add(1)) == []
    assert service.notes() == [1, 101]


def test_what_a_job_changed_before_it_failed_is_rolled_back(service: Service) -> None:
    def add_and_fail() -> None:
        service.add(1)
        service.db.session.flush()
        raise RuntimeError("an example failure")

    assert service.run(add_and_fail) == ["example"]
    assert service.notes() == []


def test_a_job_that_failed_leaves_nothing_to_the_next(service: Service) -> None:
    service.run(lambda: service.add(1))
    assert service.run(lambda: service.add(1)) == ["example"]  # at its commit: the id is taken
    assert service.run(lambda: service.add(2)) == []
    assert service.notes() == [1, 2, 101, 102]
