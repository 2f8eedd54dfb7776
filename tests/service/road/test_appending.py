"""Rows that are only added: written together at the commit, on both databases."""

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from shared import outbox
from shared.appending import append, write_appended
from shared.clock import now
from shared.db import insert_if_absent
from shared.ids import new_id
from shared.messages.receipts import Outcome, Settled
from tests.service.road.conftest import World


def receipt() -> Settled:
    return Settled(message_id="m", outcome=Outcome.DONE, at=now(), detail="", possibly_repeated=False)


def test_rows_are_there_after_the_commit_and_not_before(world: World) -> None:
    first = outbox.owe(world.queue, "there", receipt(), key="k", ordinal=1)
    second = outbox.owe(world.queue, "there", receipt(), key="k", ordinal=2)
    rows = select(world.queue.Outbox.id).order_by(world.queue.Outbox.ordinal)
    assert list(world.db.session.scalars(rows)) == []
    world.db.session.commit()
    assert list(world.db.session.scalars(rows)) == [first, second]


def test_postgresql_is_asked_once_for_any_number_of_rows(world: World) -> None:
    asked: list[str] = []
    event.listen(world.db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for ordinal in range(3):
        outbox.owe(world.queue, "there", receipt(), key="k", ordinal=ordinal)
    world.db.session.commit()
    inserts = [statement for statement in asked if "INSERT" in statement]
    assert len(inserts) == (1 if world.db.engine.dialect.name == "postgresql" else 3)


def test_a_rollback_forgets_them(world: World) -> None:
    outbox.owe(world.queue, "there", receipt(), key="k", ordinal=1)
    world.db.session.rollback()
    world.db.session.commit()
    assert outbox.listed(world.queue, everything=True) == []


def test_a_row_that_cannot_be_fails_where_it_is_written(world: World) -> None:
    taken = outbox.owe(world.queue, "there", receipt(), key="k", ordinal=1)
    world.db.session.commit()
    row = world.db.session.get_one(world.queue.Outbox, taken)
    again = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    append(world.db.session, world.queue.Outbox, **again)
    with pytest.raises(IntegrityError):
        write_appended(world.db.session)
    world.db.session.rollback()


def test_whether_a_row_was_inserted_is_known(world: World) -> None:
    outbox.owe(world.queue, "there", receipt(), key="k", ordinal=1)
    world.db.session.commit()
    (row,) = outbox.listed(world.queue)
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    assert not insert_if_absent(world.db.session, row.__table__, values)
    assert insert_if_absent(world.db.session, row.__table__, values | {"id": new_id()})
