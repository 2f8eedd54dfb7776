"""Deferred inserts: rows that a transaction only inserts, written together when it commits.

SQLAlchemy's unit of work takes several times as long for a row as its INSERT does, and each statement is a round trip
(decision 9 has the figures). PostgreSQL gets the rows of all tables in one statement, with one JSON array for each
table; it checks foreign keys at the end of the statement, so rows may refer to one another. SQLite gets one statement
for each table.
"""

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Executable, Table, insert, inspect
from sqlalchemy.dialects import postgresql

from shared.database.types import aware

Row = tuple[Table, dict[str, Any]]
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def insert_rows(connection: Connection, rows: Iterable[Row]) -> None:
    """Insert rows with as few statements as the database allows. Raises IntegrityError."""
    by_table = _by_table(rows)
    if connection.dialect.name == "postgresql":
        parameters = {f"rows_{place}": _as_json(alike) for place, alike in enumerate(by_table.values())}
        connection.exec_driver_sql(_one_statement(tuple(by_table)), parameters)
    else:
        for table, alike in by_table.items():
            connection.execute(_insert(table), alike)


def _by_table(rows: Iterable[Row]) -> dict[Table, list[dict[str, Any]]]:
    """Group rows by table, in the order of each table's first row."""
    found: dict[Table, list[dict[str, Any]]] = {}
    for table, values in rows:
        found.setdefault(table, []).append(values)
    return found


def row_of(new: Any) -> Row:
    """The row of a new object. Unset columns get their defaults."""
    state = inspect(new)
    columns = (attribute for attribute in state.mapper.column_attrs if attribute.key in state.dict)
    values = {attribute.columns[0].name: state.dict[attribute.key] for attribute in columns}
    return state.mapper.local_table, whole_row(state.mapper.local_table, values)


def whole_row(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """The row with a value for every column, by default if need be. Raises TypeError for an unknown column."""
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
    """The rows as JSON for PostgreSQL. Values are JSON types, or types that `_as_text` converts.

    Raises ValueError for a value that PostgreSQL would refuse, because its error would repeat all the rows.
    """
    written = json.dumps(rows, default=_as_text, ensure_ascii=False, allow_nan=False)
    if "\\u0000" in written and NUL.search(written):
        raise ValueError("A text with a NUL cannot be stored.")
    return written


def _as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return aware(value).isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"A {type(value).__name__} cannot be inserted this way.")


@cache
def _insert(table: Table) -> Executable:
    return insert(table)


@lru_cache(maxsize=512)
def _one_statement(tables: tuple[Table, ...]) -> str:
    """One statement that inserts into each table the rows of the parameter with its position."""
    names = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]
    inserts = []
    for place, table in enumerate(tables):
        columns, name = ", ".join(names.format_column(column) for column in table.columns), names.format_table(table)
        rows = f"jsonb_populate_recordset(NULL::{name}, %(rows_{place})s)"
        inserts.append(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {rows}")  # noqa: S608 (names of our models)
    *others, last = inserts
    parts = [f"part_{place} AS ({one})" for place, one in enumerate(others)]
    return f"WITH {', '.join(parts)} {last}" if parts else last
