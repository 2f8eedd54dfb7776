"""A service that has only an outbox and an inbox, on each database that can be reached."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from tests.support.messaging_world import World

POSTGRES = os.environ.get("TEST_POSTGRES_URL")


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
