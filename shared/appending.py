"""Rows that are only ever added, written together when their transaction commits.

SQLAlchemy's unit of work costs several times what an INSERT does, and each statement is a way to the
database and back. What a transaction adds and does not look at again goes past both. PostgreSQL takes all of it
in one statement with a part for each table, which reads its rows from one JSON array; foreign keys between
the parts hold, for they are checked at the statement's end. SQLite, which is in the process, takes a table at a time.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Column, Executable, Table, event, insert, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, make_transient_to_detached, scoped_session

from shared.db import aware

E = TypeVar("E")
AnySession = Session | scoped_session[Any]
Row = tuple[Table, dict[str, Any]]
WAITING = "rows to append"
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def append(session: AnySession, model: Any, **values: Any) -> None:
    """Add a row when the transaction commits; until then its queries do not find it."""
    waiting: list[Row] = session.info.setdefault(WAITING, [])
    if not waiting:
        session.connection()  # without a transaction there would be nothing to roll back
    waiting.append((model.__table__, _whole(model.__table__, values)))


def append_entity(session: AnySession, entity: E) -> E:
    """Add the row of an object whose columns have all been set, and go on with it as with one that was loaded."""
    columns = inspect(entity).mapper.columns
    given = inspect(entity).dict
    append(session, type(entity), **{columns[name].key: given[name] for name in given if name in columns})
    return as_loaded(session, entity)


def as_loaded(session: AnySession, entity: E) -> E:
    """An object whose row is there already, as if the session had loaded it."""
    make_transient_to_detached(entity)
    session.add(entity)
    return entity


def write_appended(session: AnySession) -> None:
    """Write now what waits for the commit. Raises IntegrityError where one of the rows cannot be."""
    rows: list[Row] = session.info.pop(WAITING, [])
    if not rows:
        return
    session.flush()  # what the rows point to goes first
    connection = session.connection()
    by_table = _by_table(rows)
    if connection.dialect.name == "postgresql":
        written = {f"rows_{place}": _as_json(alike) for place, alike in enumerate(by_table.values())}
        connection.exec_driver_sql(_in_one(tuple(by_table)), written)
    else:
        for table, alike in by_table.items():
            connection.execute(_alone(table), alike)


def append_at_commit(factory: Any) -> None:
    """Let the sessions of this factory write what was appended when they commit."""
    if not event.contains(factory, "before_commit", write_appended):
        event.listen(factory, "before_commit", write_appended)
        event.listen(factory, "after_rollback", _forget)


def _forget(session: Session) -> None:
    session.info.pop(WAITING, None)


def _by_table(rows: list[Row]) -> dict[Table, list[dict[str, Any]]]:
    """The rows of each table; tables in the order in which they first came."""
    found: dict[Table, list[dict[str, Any]]] = {}
    for table, values in rows:
        found.setdefault(table, []).append(values)
    return found


def _whole(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """The row with a value for every column. Raises TypeError where one is given that the table has not."""
    if unknown := values.keys() - table.columns.keys():
        raise TypeError(f"{table.name} has no column {', '.join(sorted(unknown))}.")
    return {name: values[name] if name in values else default() for name, default in _defaults(table)}


@cache
def _defaults(table: Table) -> list[tuple[str, Callable[[], Any]]]:
    return [(column.name, _default_of(column)) for column in table.columns]


def _default_of(column: Column[Any]) -> Callable[[], Any]:
    default: Any = column.default
    if default is None:
        return lambda: None
    return partial(default.arg, None) if default.is_callable else lambda: default.arg


def _as_json(rows: list[dict[str, Any]]) -> str:
    """Rows as PostgreSQL reads them. Their columns' types are not asked: JSON, and what `_as_text` knows, is all there
    can be. Raises ValueError for what PostgreSQL would refuse, and then show in its error with all the rest."""
    written = json.dumps(rows, default=_as_text, ensure_ascii=False, allow_nan=False)
    if "\\u0000" in written and NUL.search(written):
        raise ValueError("A text with a NUL was about to be stored.")
    return written


def _as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return aware(value).isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"A {type(value).__name__} cannot be appended.")


@cache
def _alone(table: Table) -> Executable:
    return insert(table)


@lru_cache(maxsize=512)
def _in_one(tables: tuple[Table, ...]) -> str:
    """One statement that inserts into each of the tables what the parameter for its place holds."""
    names = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]
    inserts = []
    for place, table in enumerate(tables):
        columns, name = ", ".join(names.format_column(column) for column in table.columns), names.format_table(table)
        rows = f"jsonb_populate_recordset(NULL::{name}, %(rows_{place})s)"
        inserts.append(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {rows}")  # noqa: S608 (names of our models)
    *others, last = inserts
    parts = [f"part_{place} AS ({one})" for place, one in enumerate(others)]
    return f"WITH {', '.join(parts)} {last}" if parts else last
