"""Rows that are only ever added, written together when their transaction commits.

SQLAlchemy's unit of work costs several times what an INSERT does, and each statement is a way to the
database and back. What a transaction adds and does not look at again goes past both: a few rows go to PostgreSQL
in one statement, whatever their tables, and foreign keys between them hold, for they are checked at its end.
Many rows, and those for SQLite, go a table at a time.
"""

from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Executable, Table, bindparam, event, insert, inspect
from sqlalchemy.orm import Session, make_transient_to_detached, scoped_session

E = TypeVar("E")
AnySession = Session | scoped_session[Any]
Row = tuple[Table, dict[str, Any]]
WAITING = "rows to append"
MOST_IN_ONE = 16


def append(session: AnySession, model: Any, **values: Any) -> None:
    """Add a row when the transaction commits; until then its queries do not find it."""
    waiting: list[Row] = session.info.setdefault(WAITING, [])
    if not waiting:
        session.connection()  # without a transaction there would be nothing to roll back
    waiting.append((model.__table__, _with_defaults(model.__table__, values)))


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
    if connection.dialect.name == "postgresql" and len(rows) <= MOST_IN_ONE:
        shape = tuple((table, tuple(values)) for table, values in rows)
        named = {f"{name}_{place}": value for place, (_, values) in enumerate(rows) for name, value in values.items()}
        connection.execute(_in_one(shape), named)
        return
    for (table, _), alike in _by_table(rows).items():
        connection.execute(_alone(table), alike)


def append_at_commit(factory: Any) -> None:
    """Let the sessions of this factory write what was appended when they commit."""
    if not event.contains(factory, "before_commit", write_appended):
        event.listen(factory, "before_commit", write_appended)
        event.listen(factory, "after_rollback", _forget)


def _forget(session: Session) -> None:
    session.info.pop(WAITING, None)


def _by_table(rows: list[Row]) -> dict[tuple[Table, tuple[str, ...]], list[dict[str, Any]]]:
    """The rows of each table that give the same columns; tables in the order in which they first came."""
    found: dict[tuple[Table, tuple[str, ...]], list[dict[str, Any]]] = {}
    for table, values in rows:
        found.setdefault((table, tuple(values)), []).append(values)
    return found


def _with_defaults(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    for column in table.columns:
        default: Any = column.default
        if default is not None and column.key not in values:
            values[column.key] = default.arg(None) if default.is_callable else default.arg
    return values


@lru_cache(maxsize=64)
def _alone(table: Table) -> Executable:
    return insert(table)


@lru_cache(maxsize=512)
def _in_one(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> Executable:
    """One statement that inserts a row for each table of `shape`, its parameters named after column and place."""
    inserts = [
        insert(table).values({name: bindparam(f"{name}_{place}", type_=table.c[name].type) for name in names})
        for place, (table, names) in enumerate(shape)
    ]
    *others, last = inserts
    return last.add_cte(*(one.cte(f"row_{place}") for place, one in enumerate(others)))
