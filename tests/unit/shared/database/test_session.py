"""Deferred inserts and after-commit callbacks belong to one transaction of one session."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.database.db import connect, database
from shared.database.session import call_after_commit, defer_insert, defer_object


class Place:
    """A database in memory with one table, inside its application context."""

    def __init__(self) -> None:
        self.db: SQLAlchemy = database()

        class Note(self.db.Model):  # type: ignore[name-defined,misc]
            __tablename__ = "notes"
            id: Mapped[int] = mapped_column(primary_key=True)
            text: Mapped[str] = mapped_column(default="nothing yet")

        self.Note: Any = Note
        self.app = Flask("place")
        connect(self.app, self.db, "sqlite://", durable=False)
        self.context = self.app.app_context()

    def __enter__(self) -> "Place":
        self.context.push()
        self.db.create_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.db.session.remove()
        self.db.engine.dispose()
        self.context.pop()

    @property
    def session(self) -> Any:
        """The session of the context."""
        return self.db.session

    def defer(self, **values: Any) -> None:
        """Defer the insert of a note."""
        defer_insert(self.session, self.Note, **values)

    def notes(self) -> list[tuple[int, str]]:
        """What is stored, by id."""
        return list(self.session.execute(select(self.Note.id, self.Note.text).order_by(self.Note.id)).tuples())


@pytest.fixture
def place() -> Iterator[Place]:
    with Place() as place:
        yield place


def test_deferred_rows_are_written_by_the_commit_and_not_before(place: Place) -> None:
    place.defer(id=1, text="one")
    with place.session.no_autoflush:
        assert place.notes() == []
    place.session.commit()
    with place.session.no_autoflush:
        assert place.notes() == [(1, "one")]


def test_a_column_that_is_left_out_gets_its_default(place: Place) -> None:
    place.defer(id=1)
    place.session.commit()
    assert place.notes() == [(1, "nothing yet")]


def test_deferred_rows_are_written_once(place: Place) -> None:
    place.defer(id=1)
    place.session.commit()
    place.session.commit()
    assert len(place.notes()) == 1


def test_a_query_of_the_transaction_finds_deferred_rows(place: Place) -> None:
    place.defer(id=1, text="one")
    assert place.notes() == [(1, "one")]
    place.session.rollback()
    assert place.notes() == []


def test_objects_that_deferred_rows_may_refer_to_are_written_first(place: Place) -> None:
    order: list[str] = []
    event.listen(place.db.engine, "before_cursor_execute", lambda *given: order.append(str(given[3])))
    place.session.add(place.Note(id=1, text="an object"))
    place.defer(id=2, text="a deferred row")
    place.session.commit()
    assert ["an object" in values for values in order if "a" in values][:2] == [True, False]


def test_a_deferred_object_is_stored_as_it_is_at_the_commit_and_is_an_ordinary_object_after_it(place: Place) -> None:
    note = place.Note(id=1, text="as it was added")
    defer_object(place.session, note)
    note.text = "as it became"
    place.session.commit()
    assert place.notes() == [(1, "as it became")]
    note.text = "as it was changed later"
    place.session.commit()
    assert place.notes() == [(1, "as it was changed later")]


def test_a_deferred_object_that_has_joined_the_unit_of_work_is_written_once(place: Place) -> None:
    note = place.Note(id=1, text="one")
    defer_object(place.session, note)
    place.session.add(note)
    place.session.commit()
    assert place.notes() == [(1, "one")]


@pytest.mark.parametrize("end", ["rollback", "close"])
def test_a_transaction_that_ends_without_a_commit_forgets_deferred_objects(place: Place, end: str) -> None:
    defer_object(place.session, place.Note(id=1))
    getattr(place.session, end)()
    place.session.commit()
    assert place.notes() == []


@pytest.mark.parametrize("end", ["rollback", "close"])
def test_a_transaction_that_ends_without_a_commit_forgets_rows_and_callbacks(place: Place, end: str) -> None:
    called: list[str] = []
    place.defer(id=1)
    call_after_commit(place.session, lambda: called.append("early"))
    getattr(place.session, end)()
    place.session.commit()
    assert (place.notes(), called) == ([], [])


def test_callbacks_are_called_once_after_the_commit(place: Place) -> None:
    seen: list[list[tuple[int, str]]] = []
    place.defer(id=1, text="one")
    call_after_commit(place.session, lambda: seen.append(place.notes()))
    assert seen == []
    place.session.commit()
    place.session.commit()
    assert seen == [[(1, "one")]]


def test_no_callback_is_called_where_a_deferred_row_fails_the_commit(place: Place) -> None:
    called: list[str] = []
    place.defer(id=1)
    place.session.commit()
    place.defer(id=1)
    call_after_commit(place.session, lambda: called.append("committed"))
    with pytest.raises(IntegrityError):
        place.session.commit()
    place.session.rollback()
    place.session.commit()
    assert (len(place.notes()), called) == (1, [])


def test_an_unknown_column_is_refused_at_once(place: Place) -> None:
    with pytest.raises(TypeError, match="notes has no column colour"):
        place.defer(id=1, colour="blue")


def test_a_session_that_would_never_write_them_is_refused(place: Place) -> None:
    with Session(create_engine("sqlite://")) as other:
        with pytest.raises(TypeError, match="Only a session of"):
            defer_insert(other, place.Note, id=1)
        with pytest.raises(TypeError, match="Only a session of"):
            call_after_commit(other, lambda: None)


def test_every_one_of_300_databases_that_come_and_go_writes_its_rows() -> None:
    for _ in range(300):  # objects of those that are gone leave their ids to later ones
        with Place() as place:
            place.defer(id=1)
            place.session.commit()
            assert place.session.scalar(select(func.count()).select_from(place.Note)) == 1
