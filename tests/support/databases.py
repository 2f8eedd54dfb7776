"""Empty databases for one test: files, or fresh ones on the PostgreSQL server that the tests are told of."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

POSTGRES = os.environ.get("TEST_POSTGRES_URL")
ON_BOTH_DATABASES = pytest.mark.parametrize("settings", ["SQLite", "PostgreSQL"], indirect=True)
SERVICES = ("registration", "calendar", "notifications")


@contextmanager
def databases(kind: str, *services: str, create: bool = True) -> Iterator[dict[str, str]]:
    """The settings that name them, by default for all services; none for SQLite, whose files are in the data folder.
    With `create=False` they are only named, for `tests.support.migrated.migrate` to create."""
    if kind == "SQLite":
        yield {}
        return
    if POSTGRES is None:
        pytest.skip("TEST_POSTGRES_URL names no PostgreSQL server")
    server = create_engine(POSTGRES.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    names = {service: f"placecard_{service}_{uuid4().hex}" for service in services or SERVICES}
    with server.connect() as connection:
        for name in names.values() if create else ():
            connection.execute(text(f"CREATE DATABASE {name}"))
        base = POSTGRES.rpartition("/")[0]
        try:
            yield {f"{service.upper()}_DATABASE_URL": f"{base}/{name}" for service, name in names.items()}
        finally:
            for name in names.values():
                connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    server.dispose()
