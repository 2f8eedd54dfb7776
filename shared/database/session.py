"""The database session of every service: it writes deferred inserts when it flushes, and calls callbacks after its
commit."""

from collections.abc import Callable, Sequence
from typing import Any

from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Table, event, inspect
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

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what has changed, then the deferred inserts, which may refer to it. Raises IntegrityError.

        Every query flushes first, unless it says otherwise, and so finds what was deferred.
        """
        super().flush(objects)
        if self._objects or self._rows:
            self._write_deferred()

    def refresh(self, instance: object, *args: Any, **options: Any) -> None:
        """Flush, so that a deferred object can be refreshed too, and read the object again."""
        self.flush()
        super().refresh(instance, *args, **options)

    def commit(self) -> None:
        """Flush, commit, then call the callbacks. Raises IntegrityError."""
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

    def defer_row(self, table: Table, values: dict[str, Any]) -> None:
        """Insert a row at the next flush."""
        self.connection()  # begin a transaction, so that a rollback has one to end
        self._rows.append((table, values))

    def defer_object(self, new: Any) -> None:
        """Insert a new object at the next flush, before the deferred rows."""
        self.connection()
        self._objects.append(new)

    def _write_deferred(self) -> None:
        objects = [
            new for new in self._objects if inspect(new).transient
        ]  # others were flushed with what they belong to
        insert_rows(self.connection(), [*map(row_of, objects), *self._rows])
        self._objects, self._rows = [], []
        for stored in objects:
            make_transient_to_detached(stored)
            self.add(stored)

    def call_after_commit(self, call: Callable[[], None], *, first: bool = False) -> None:
        """Call a function once the transaction has committed, before the others if `first`; never if it rolls back."""
        self._callbacks.insert(0 if first else len(self._callbacks), call)

    def _discard(self) -> None:
        self._objects, self._rows, self._callbacks = [], [], []


@event.listens_for(CommitSession, "before_commit")
def _flush_before_commit(session: CommitSession) -> None:
    """Write what is deferred, however the transaction is committed."""
    session.flush()


def defer_insert(session: AnySession, model: Any, **values: Any) -> None:
    """Insert a row at the next flush, together with others.

    Omitted columns get their defaults. Raises TypeError for an unknown column.
    """
    table: Table = model.__table__
    _own(session).defer_row(table, whole_row(table, values))


def defer_object(session: AnySession, new: Any) -> None:
    """Insert a new object, as it is then, at the next flush; then it is an object like any other.

    Saves the time that the unit of work takes for a new object (decision 9). Its foreign keys must be set. An object
    that is stored already is left to the unit of work.
    """
    if inspect(new).transient:
        _own(session).defer_object(new)


def call_after_commit(session: AnySession, call: Callable[[], None], *, first: bool = False) -> None:
    """Call a function once the session's transaction has committed, before the others if `first`.

    It is never called if the transaction rolls back.
    """
    _own(session).call_after_commit(call, first=first)


def _own(session: AnySession) -> CommitSession:
    own = session() if isinstance(session, scoped_session) else session
    if not isinstance(own, CommitSession):
        raise TypeError("Only a session of `database()` writes deferred inserts.")
    return own
