"""Rows that are only added: written together at the commit, on both databases."""

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError, StatementError

from shared import outbox
from shared.appending import append
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


@pytest.mark.parametrize("count", [3, 100])
def test_the_database_is_asked_once_for_any_number_of_rows_of_a_table(world: World, count: int) -> None:
    asked: list[str] = []
    event.listen(world.db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for ordinal in range(count):
        outbox.owe(world.queue, "there", receipt(), key="k", ordinal=ordinal)
    world.db.session.commit()
    assert len([statement for statement in asked if "INSERT" in statement]) == 1
    assert [row.ordinal for row in outbox.listed(world.queue)] == list(range(count))


def test_a_rollback_forgets_them(world: World) -> None:
    outbox.owe(world.queue, "there", receipt(), key="k", ordinal=1)
    world.db.session.rollback()
    world.db.session.commit()
    assert outbox.listed(world.queue, everything=True) == []


def test_a_row_that_cannot_be_fails_the_commit_and_no_other(world: World) -> None:
    taken = outbox.owe(world.queue, "there", receipt(), key="k", ordinal=1)
    world.db.session.commit()
    row = world.db.session.get_one(world.queue.Outbox, taken)
    again = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    append(world.db.session, world.queue.Outbox, **again)
    with pytest.raises(IntegrityError):
        world.db.session.commit()
    world.db.session.rollback()
    outbox.owe(world.queue, "there", receipt(), key="k", ordinal=2)
    world.db.session.commit()
    assert [row.ordinal for row in outbox.listed(world.queue)] == [1, 2]


def test_whether_a_row_was_inserted_is_known(world: World) -> None:
    outbox.owe(world.queue, "there", receipt(), key="k", ordinal=1)
    world.db.session.commit()
    (row,) = outbox.listed(world.queue)
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    assert not insert_if_absent(world.db.session, row.__table__, values)
    assert insert_if_absent(world.db.session, row.__table__, values | {"id": new_id()})


def test_a_naive_moment_is_refused(world: World) -> None:
    row = {"queue": "there", "type": "settled", "version": 1, "key": "k", "ordinal": 1, "bulk": False, "body": {}}
    append(world.db.session, world.queue.Outbox, id=new_id(), created_at=now().replace(tzinfo=None), **row)
    with pytest.raises((ValueError, StatementError), match="naive"):
        world.db.session.commit()
    world.db.session.rollback()
    assert outbox.listed(world.queue) == []
