"""Search has an index of trigrams where PostgreSQL lets us make one, and needs none."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import create_engine, inspect, make_url, select

from services.registration import attendees, create_app
from services.registration.attendees import Filters
from services.registration.models import Event, db
from shared.migrations import upgrade
from tests.bench import crowd
from tests.system.databases import databases
from tests.system.test_plans import SETTINGS, SLUG


@contextmanager
def without_rights(url: str) -> Iterator[None]:
    """Whoever connects to this database may make tables in it, but no extension."""
    role, database = f"placecard_{uuid4().hex}", make_url(url).database
    server = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role}")
        connection.exec_driver_sql(f"GRANT ALL ON SCHEMA public TO {role}")
        connection.exec_driver_sql(f"ALTER DATABASE {database} SET role TO {role}")
        yield
        connection.exec_driver_sql(f"DROP OWNED BY {role} CASCADE")
        connection.exec_driver_sql(f"DROP ROLE {role}")
    server.dispose()


def search(app: Flask) -> tuple[set[str], list[str]]:
    """The indexes of registrations, and the names that a search finds."""
    upgrade(app)
    crowd.fill(app, 20)
    with app.app_context():
        indexes = {str(index["name"]) for index in inspect(db.engine).get_indexes("registrations")}
        event = db.session.scalars(select(Event).filter_by(slug=SLUG)).one()
        found = attendees.page(event, Filters(q="PERSON7@ trust")).registrations
        names = [registration.name for registration in found]
        db.session.remove()
        db.engine.dispose()
    return indexes, names


@pytest.mark.parametrize("may", [True, False])
def test_people_are_found_with_and_without_trigrams(may: bool) -> None:
    with databases("PostgreSQL") as named:
        app = create_app({**SETTINGS, **named})
        if may:
            indexes, names = search(app)
        else:
            with without_rights(named["REGISTRATION_DATABASE_URL"]):
                indexes, names = search(app)

    assert ("ix_registrations_trigrams" in indexes) is may
    assert len(names) == 1
    assert names[0].endswith("Example 7")
