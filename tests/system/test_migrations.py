"""Migrations go up and down on both databases, with data in them, and lose nobody."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import inspect, text

from services import calendar, notifications, registration
from shared.database.migrations import config_of
from tests.support.databases import databases
from tests.support.machine import Machine, Mailbox

SERVICES: dict[str, Any] = {"registration": registration, "calendar": calendar, "notifications": notifications}
OF_SEARCH = "registration_search"
"""What names of tables begin with that SQLite makes for its trigrams."""
NOT_COUNTED = ("alembic_version", "pace", "line", "rate_limit_turn", "connection_slot", "rsvps")


def rows(app: Flask) -> dict[str, int]:
    """How many rows each table has that is never thrown away and made anew."""
    engine = app.extensions["sqlalchemy"].engine
    with engine.connect() as connection:
        there = inspect(connection).get_table_names()
        names = [name for name in there if name not in NOT_COUNTED and not name.startswith(OF_SEARCH)]
        return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in names}


def differences(app: Flask) -> list[Any]:
    """What the models have and the migrations do not, or the other way; less what is meant for the other database."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    db = app.extensions["sqlalchemy"]

    def is_for_this_database(thing: Any, name: str, kind: str, *_: Any) -> bool:
        if kind == "table" and name.startswith(OF_SEARCH):
            return False
        return bool(thing.info.get("only_on", db.engine.name) == db.engine.name)

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_for_this_database})
        return list(compare_metadata(context, db.metadata))


@pytest.mark.parametrize("kind", ["SQLite", "PostgreSQL"])
def test_migrations_go_down_and_up_again_with_data_in_them(kind: str, tmp_path: Path, mailbox: Mailbox) -> None:
    with databases(kind) as named:
        machine = Machine(tmp_path, SMTP_URL=mailbox.url, **named)
        machine.register(f"migrated-{kind.lower()}@example.org")
        mailbox.wait_for(1, f"migrated-{kind.lower()}@example.org")
        machine.stop()
        files = {f"{name.upper()}_DATABASE_URL": f"sqlite:///{tmp_path}/var/{name}.sqlite" for name in SERVICES}
        settings = {
            "SECRET_KEY": "a secret for tests only",
            "BROKER_URL": "redis://127.0.0.1:1/0",
            "MAIL_FROM": "events@example.org",
            "MAIL_DIR": str(tmp_path / "mail"),
        }
        for service in SERVICES.values():
            goes_down_and_up(service.create_app({**settings, **files, **named}))


def goes_down_and_up(app: Flask) -> None:
    with app.app_context():
        config = config_of(app)
        before = rows(app)
        assert sum(before.values()) > 0
        assert differences(app) == []
        command.downgrade(config, "0001")
        assert {name: count for name, count in rows(app).items() if name in before} == before
        command.upgrade(config, "head")
        assert rows(app) == before
        assert differences(app) == []
        command.downgrade(config, "base")
        assert inspect(app.extensions["sqlalchemy"].engine).get_table_names() == ["alembic_version"]
        app.extensions["sqlalchemy"].session.remove()
        app.extensions["sqlalchemy"].engine.dispose()
