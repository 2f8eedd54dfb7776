"""The database of a service: engine options, locks and inserts, the same on PostgreSQL and SQLite."""

import sqlite3
import threading
from functools import cache
from typing import Any, TypeVar

from flask import Flask, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session
from sqlalchemy.pool import ConnectionPoolEntry

from shared.database.session import CommitSession

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
BUSY_TIMEOUT_SECONDS = 15
WRITES = "writes"
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


class Base(DeclarativeBase):
    """The base class of every service's models, for type checkers."""


def database() -> SQLAlchemy:
    """A new Flask-SQLAlchemy with its own metadata, and with named constraints, which migrations need."""
    own_base = type("OwnBase", (DeclarativeBase,), {"metadata": MetaData(naming_convention=NAMES)})
    return SQLAlchemy(model_class=own_base, session_options={"class_": CommitSession})


def connect(app: Flask, db: SQLAlchemy, url: str, *, durable: bool, pool_size: int = 10) -> None:
    """Bind `db` to the database at `url` for `app`; nothing is opened until first used.

    `durable` asks SQLite to reach the disk at every commit (synchronous=FULL): the source of truth
    needs that, what can be had again from its sender does not.
    """
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    if make_url(url).get_backend_name() == "sqlite":
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "connect_args": {"timeout": BUSY_TIMEOUT_SECONDS},
            "hide_parameters": True,  # errors are logged, and parameters hold addresses
        }
    else:
        options = {"connect_timeout": 5, "options": "-c lock_timeout=10s -c statement_timeout=60s -c timezone=UTC"}
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "connect_args": options,
            "hide_parameters": True,
            "pool_size": pool_size,
            "max_overflow": pool_size,
            "pool_pre_ping": True,
        }
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine, synchronous="FULL" if durable else "NORMAL")


AnySession = Session | scoped_session[Any] | Connection
M = TypeVar("M")


def lock(session: AnySession, name: str) -> None:
    """Take the lock `name` until the transaction ends.

    On SQLite this does nothing, because there only one transaction writes at a time.
    """
    connection = _connection(session)
    if connection.dialect.name == "postgresql":
        connection.execute(LOCK, {"name": name})


def _prepare_sqlite(engine: Engine, synchronous: str) -> None:
    writing = threading.Lock()  # a waiting SQLite writer polls with growing pauses; this wakes the next at once

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's own BEGIN is the only one
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        """Take the write lock at once, except for safe requests: a transaction that reads first and writes later
        fails if another has written in between."""
        reading = has_request_context() and request.method in SAFE_METHODS
        if not reading and not connection.info.get(WRITES):
            connection.info[WRITES] = writing.acquire(timeout=BUSY_TIMEOUT_SECONDS)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def release_write_lock(_: object, record: ConnectionPoolEntry) -> None:
        if record.info.pop(WRITES, False):
            writing.release()


def insert_if_absent(session: AnySession, table: Any, values: dict[str, Any]) -> bool:
    """Insert a row unless one with the same unique values exists. Returns True if it was inserted."""
    connection = _connection(session)
    return connection.execute(_insert_or_nothing(table, connection.dialect.name), values).rowcount == 1


def add_if_absent(session: scoped_session[Any], model: type[M], values: dict[str, Any]) -> M | None:
    """Insert a row unless one with the same unique values exists. Returns the object, or None if not inserted."""
    statement = _insert_or_nothing(model, session.get_bind().dialect.name).returning(model)  # type: ignore[arg-type]
    return session.scalars(statement, values).one_or_none()


@cache
def _insert_or_nothing(table: Any, dialect: str) -> Any:
    """The insert statement of a table, built once."""
    module: Any = postgresql if dialect == "postgresql" else sqlite
    return module.insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def _connection(session: AnySession) -> Connection:
    return session if isinstance(session, Connection) else session.connection()
