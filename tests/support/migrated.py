"""Migrates the fresh databases of tests: the first of each service in a process for real, the others as its copies."""

import atexit
import shutil
import sqlite3
import tempfile
from pathlib import Path
from uuid import uuid4

from flask import Flask
from sqlalchemy import URL, create_engine, make_url, text

from shared.database.migrations import upgrade

FILES = Path(tempfile.mkdtemp(prefix="placecard-migrated-"))
atexit.register(shutil.rmtree, FILES, ignore_errors=True)
_databases: dict[str, URL] = {}


def migrate(app: Flask) -> None:
    """Migrate the application's database, which is empty or not created yet, to its latest version."""
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() == "sqlite":
        _migrate_file(app, Path(url.database or ""))
    else:
        _migrate_database(app, url)


def _migrate_file(app: Flask, file: Path) -> None:
    model = FILES / f"{app.name}.sqlite"
    if not model.exists():
        upgrade(app)
        with sqlite3.connect(file) as source, sqlite3.connect(model) as copy:
            source.backup(copy)
        copy.close()
        source.close()
    else:
        shutil.copy(model, file)


def _migrate_database(app: Flask, url: URL) -> None:
    model = _databases.get(app.name)
    _disconnect(app)
    if model is None:
        _ask(url, f"DROP DATABASE IF EXISTS {url.database}", f"CREATE DATABASE {url.database}")
        upgrade(app)
        _disconnect(app)
        model = url.set(database=f"placecard_migrated_{uuid4().hex}")
        _ask(url, f"CREATE DATABASE {model.database} TEMPLATE {url.database}")
        _databases[app.name] = model
        atexit.register(_ask, url, f"DROP DATABASE IF EXISTS {model.database}")
    else:
        _ask(
            url, f"DROP DATABASE IF EXISTS {url.database}", f"CREATE DATABASE {url.database} TEMPLATE {model.database}"
        )


def _disconnect(app: Flask) -> None:
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


def _ask(url: URL, *statements: str) -> None:
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    server.dispose()
