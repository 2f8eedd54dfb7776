"""The database session of every service: it writes deferred inserts at its commit and calls callbacks after it."""

from collections.abc import Callable
from typing import Any

from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Table, inspect
from sqlalchemy.orm import Session, make_transient_to_detached, scoped_session

from shared.database.deferred_inserts import insert_rows, row_of, whole_row

AnySession = Session | scoped_session[Any]


class CommitSession(FlaskSession):
    """A session with deferred inserts and after-commit callbacks. A rollback discards both."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._objects: list[Any] = []
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
        """Roll back, and discard the deferred inserts and callbacks."""
        self._discard()
        super().rollback()

    def close(self) -> None:
        """Close the session, and discard the deferred inserts and callbacks."""
        self._discard()
        super().close()

    def defer(self, table: Table, values: dict[str, Any]) -> None:
        """Insert a row at the commit."""
        self.connection()  # begin a transaction, so that a rollback has one to end
        self._rows.append((table, values))

    def defer_object(self, new: Any) -> None:
        """Insert a new object at the commit, before the deferred rows."""
        self.connection()
        self._objects.append(new)

    def write_deferred(self) -> None:
        """Insert the deferred objects and rows now. Raises IntegrityError."""
        objects, rows, self._objects, self._rows = self._objects, self._rows, [], []
        if not (objects or rows):
            return
        self.flush()  # they may refer to objects of the unit of work, or have become some
        objects = [new for new in objects if inspect(new).transient]
        insert_rows(self.connection(), [*map(row_of, objects), *rows])
        for stored in objects:
            make_transient_to_detached(stored)
            self.add(stored)

    def call_after_commit(self, call: Callable[[], None]) -> None:
        """Call a function once the transaction has committed; never if it rolls back."""
        self._callbacks.append(call)

    def _discard(self) -> None:
        self._objects, self._rows, self._callbacks = [], [], []


def insert_at_commit(session: AnySession, model: Any, **values: Any) -> None:
    """Insert a row when the transaction commits. Until then no query finds it.

    Omitted columns get their defaults. Raises TypeError for an unknown column.
    """
    table: Table = model.__table__
    _own(session).defer(table, whole_row(table, values))


def add_at_commit(session: AnySession, new: Any) -> None:
    """Insert a new object, as it is then, when the transaction commits. Until then no query finds it.

    Saves the time that the unit of work takes for a new object (decision 9). The object's foreign keys must be set.
    """
    _own(session).defer_object(new)


def write_deferred(session: AnySession) -> None:
    """Insert the session's deferred objects and rows now. Raises IntegrityError."""
    _own(session).write_deferred()


def call_after_commit(session: AnySession, call: Callable[[], None]) -> None:
    """Call a function once the session's transaction has committed; never if it rolls back."""
    _own(session).call_after_commit(call)


def _own(session: AnySession) -> CommitSession:
    own = session() if isinstance(session, scoped_session) else session
    if not isinstance(own, CommitSession):
        raise TypeError("Only a session of `database()` writes deferred inserts.")
    return own
