"""The session of every service: deferred inserts are written when it commits, callbacks are called afterwards."""

from collections.abc import Callable
from typing import Any

from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Table
from sqlalchemy.orm import Session, scoped_session

from shared.database.deferred_inserts import insert_rows, whole_row

AnySession = Session | scoped_session[Any]


class CommitSession(FlaskSession):
    """A session with work that waits for its commit, and is forgotten with a rollback."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._rows: list[tuple[Table, dict[str, Any]]] = []
        self._callbacks: list[Callable[[], None]] = []

    def commit(self) -> None:
        """Write the deferred inserts, commit, then call the callbacks. Raises IntegrityError."""
        self.write_deferred()
        super().commit()
        callbacks, self._callbacks = self._callbacks, []
        for call in callbacks:
            call()

    def rollback(self) -> None:
        """Roll back, and forget what waited for the commit."""
        self._forget()
        super().rollback()

    def close(self) -> None:
        """End the session; what waited for its commit is forgotten."""
        self._forget()
        super().close()

    def defer(self, table: Table, values: dict[str, Any]) -> None:
        """Insert a row at the commit."""
        if not self._rows:
            self.connection()  # a rollback needs a transaction to end
        self._rows.append((table, values))

    def write_deferred(self) -> None:
        """Insert the deferred rows now. Raises IntegrityError where one of them cannot be."""
        rows, self._rows = self._rows, []
        if rows:
            self.flush()  # what the rows refer to goes first
            insert_rows(self.connection(), rows)

    def call_after_commit(self, call: Callable[[], None]) -> None:
        """Call when, and only if, the transaction commits."""
        self._callbacks.append(call)

    def _forget(self) -> None:
        self._rows, self._callbacks = [], []


def insert_at_commit(session: AnySession, model: Any, **values: Any) -> None:
    """Insert a row when the transaction commits, for rows that nothing reads again before that.

    Columns that are not given get their defaults. Raises TypeError for a column that the table does not have.
    """
    table: Table = model.__table__
    _own(session).defer(table, whole_row(table, values))


def write_deferred(session: AnySession) -> None:
    """Insert now what waits for the commit. Raises IntegrityError."""
    _own(session).write_deferred()


def call_after_commit(session: AnySession, call: Callable[[], None]) -> None:
    """Call when, and only if, the session's transaction commits."""
    _own(session).call_after_commit(call)


def _own(session: AnySession) -> CommitSession:
    own = session() if isinstance(session, scoped_session) else session
    if not isinstance(own, CommitSession):
        raise TypeError("Only a session of `database()` writes deferred inserts.")
    return own
