"""Search has an index of trigrams where the database lets us make one, and needs none."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect, make_url, select, text
from sqlalchemy import event as happening

from services.registration import attendees, create_app
from services.registration.attendees import Filters
from services.registration.models import Event, Registration, db
from services.registration.operations import registrations
from services.registration.operations.registrations import Application
from services.registration.timeline import REGISTRANT
from shared.ids import new_id
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


TRIGRAMS = "registration_search"
ADA = Application("Ada Fivestar", "ada@example.org", "ada@example.org", "Trust of Exampleton", {}, ("privacy",))
NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=12)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """Registration on SQLite, not migrated yet."""
    app = create_app({**SETTINGS, "REGISTRATION_DATABASE_URL": f"sqlite:///{tmp_path}/registration.db"})
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def ready(app: Flask) -> Flask:
    """Migrated, with three registrations for the demo event."""
    upgrade(app)
    crowd.fill(app, 3)
    return app


def without_fts5(app: Flask) -> None:
    """As with an SQLite that was built without it: it knows of no module by that name."""

    def rename(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: Any) -> tuple[str, Any]:
        return statement.replace("USING fts5", "USING fts_of_nobody"), parameters

    with app.app_context():
        happening.listen(db.engine, "before_cursor_execute", rename, retval=True)


def of_demo() -> Event:
    return db.session.scalars(select(Event).filter_by(slug=SLUG)).one()


def found(words: str) -> list[str]:
    return [one.person.email for one in attendees.page(of_demo(), Filters(q=words), size=1000).registrations]


def registered(application: Application) -> Registration:
    registration = registrations.register(of_demo(), application, REGISTRANT).registration
    db.session.commit()
    return registration


@pytest.mark.parametrize("has", [True, False])
def test_people_are_found_with_and_without_fts5(app: Flask, has: bool) -> None:
    if not has:
        without_fts5(app)
    _, names = search(app)

    assert len(names) == 1
    with app.app_context():
        assert inspect(db.engine).has_table(TRIGRAMS) is has


def test_one_is_found_among_many_without_reading_the_list(app: Flask) -> None:
    upgrade(app)
    crowd.fill(app, 1000)
    asked: list[tuple[str, Any]] = []
    with app.app_context():
        happening.listen(db.engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
        assert found("PERSON333@ rust") == ["person333@example.org"]
        assert found("nobody by this name") == []
        plans = [
            step.detail
            for statement, parameters in [*asked]
            if "LIKE" in statement
            for step in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert any("registrations USING INDEX" in step for step in plans)
    assert not any("event_id" in step for step in plans)


def test_words_that_many_have_and_short_words_find_all(app: Flask) -> None:
    upgrade(app)
    crowd.fill(app, 600)
    with app.app_context():
        assert len(found("exampleton")) == len(found("of")) == 600
        assert found("person59 9@") == found("9@ person59")
        assert len(found("person59 9@")) == 2  # 59 and 599


@pytest.mark.parametrize("others", [3, 63])
def test_a_name_that_was_changed_is_no_longer_kept(ready: Flask, others: int) -> None:
    """Whether it was in the index already, as the 64th brings in all before it, or comes to be in it."""
    crowd.fill(ready, others)
    with ready.app_context():
        ada = registered(ADA)
        registrations.change_answers(ada, replace(ADA, name="Grace Specimen"), REGISTRANT)
        assert found("specimen") == [ADA.email]
        assert found("fivestar") == []
        db.session.rollback()
    crowd.fill(ready, 70)
    with ready.app_context():
        assert found("specimen") == [ADA.email]
        assert found("person69@") == ["person69@example.org"]
        kept = text(f"SELECT count(*) FROM {TRIGRAMS} WHERE {TRIGRAMS} MATCH :trigram")
        assert db.session.scalar(kept, {"trigram": '"cim"'}) == 1
        assert db.session.scalar(kept, {"trigram": '"ive"'}) == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAMES, min_size=1, max_size=4), words=NAMES)
@example(names=['say "when"'], words='"whe')
@example(names=["100% Ada_Example"], words="0%\0a_e")
def test_search_finds_whoever_has_the_words(ready: Flask, names: list[str], words: str) -> None:
    with ready.app_context():
        for name in names:
            email = f"{new_id()}@example.org"
            registered(replace(ADA, name=name, email=email, email_key=email))
        everybody = db.session.scalars(select(Registration)).all()
        sought = [words, names[0], names[-1][1:], names[0][:3] + " " + names[-1][-4:]]

        for query in sought:
            expected = {one.person.email for one in everybody if all(w in one.search for w in query.casefold().split())}
            assert set(found(query)) == expected
