"""A service with nothing but its end of the road, on each database that can be reached."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from shared.database.db import connect, database
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import InboxRow
from shared.messaging.outbox import OutboxRow
from shared.messaging.queue import Queue

POSTGRES = os.environ.get("TEST_POSTGRES_URL")
NOBODY = "redis://127.0.0.1:1/0"


class World:
    """The service, what it sent, and handlers to replace."""

    def __init__(self, database_url: str) -> None:
        self.db = db = database()

        class Outbox(OutboxRow, db.Model):  # type: ignore[name-defined,misc]
            pass

        class Inbox(InboxRow, db.Model):  # type: ignore[name-defined,misc]
            pass

        self.Outbox: Any = Outbox
        self.Inbox: Any = Inbox
        self.queue = Queue("here", db, outbox_table=Outbox, inbox_table=Inbox)
        self.leased = True
        self.app = Flask("here")
        connect(self.app, db, database_url, durable=True)
        self.queue.init_app(self.app, NOBODY)
        self.sent: list[tuple[str, Envelope]] = []
        self.queue.send = lambda to, envelope: self.sent.append((to, envelope))  # type: ignore[method-assign]


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A fresh service; on PostgreSQL where TEST_POSTGRES_URL names a server."""
    if request.param == "sqlite":
        yield from _inside(World(f"sqlite:///{tmp_path}/here.sqlite"))
        return
    if POSTGRES is None:
        pytest.skip("TEST_POSTGRES_URL names no PostgreSQL server")
    name = f"placecard_test_{uuid4().hex}"
    server = create_engine(POSTGRES.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield from _inside(World(server.url.set(database=name).render_as_string(hide_password=False)))
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def _inside(world: World) -> Iterator[World]:
    with world.app.app_context():
        world.db.create_all()
        yield world
        world.db.session.remove()
        world.db.engine.dispose()
