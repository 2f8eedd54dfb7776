"""Rows that are only added: written together at the commit, on both databases."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError, StatementError

from shared.contracts.receipts import Outcome, Settled
from shared.database.db import insert_if_absent
from shared.database.ids import new_id
from shared.database.session import defer_insert
from shared.database.utc import now
from shared.messaging import outbox, outbox_queries
from tests.support.messaging_world import World


def receipt() -> Settled:
    return Settled(message_id="m", outcome=Outcome.DONE, at=now(), detail="", possibly_repeated=False)


def test_rows_are_there_for_the_next_query(world: World) -> None:
    first = outbox.owe(world.queue, "there", receipt(), key="k", ordinal=1)
    second = outbox.owe(world.queue, "there", receipt(), key="k", ordinal=2)
    rows = select(world.queue.Outbox.id).order_by(world.queue.Outbox.ordinal)
    assert list(world.db.session.scalars(rows)) == [first, second]
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
    assert [row.ordinal for row in outbox_queries.listed(world.queue)] == list(range(count))


def test_a_rollback_forgets_them(world: World) -> None:
    outbox.owe(world.queue, "there", receipt(), key="k", ordinal=1)
    world.db.session.rollback()
    world.db.session.commit()
    assert outbox_queries.listed(world.queue, everything=True) == []


def test_a_row_that_cannot_be_fails_the_commit_and_no_other(world: World) -> None:
    taken = outbox.owe(world.queue, "there", receipt(), key="k", ordinal=1)
    world.db.session.commit()
    row = world.db.session.get_one(world.queue.Outbox, taken)
    again = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    defer_insert(world.db.session, world.queue.Outbox, **again)
    with pytest.raises(IntegrityError):
        world.db.session.commit()
    world.db.session.rollback()
    outbox.owe(world.queue, "there", receipt(), key="k", ordinal=2)
    world.db.session.commit()
    assert [row.ordinal for row in outbox_queries.listed(world.queue)] == [1, 2]


def test_whether_a_row_was_inserted_is_known(world: World) -> None:
    outbox.owe(world.queue, "there", receipt(), key="k", ordinal=1)
    world.db.session.commit()
    (row,) = outbox_queries.listed(world.queue)
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    assert not insert_if_absent(world.db.session, row.__table__, values)
    assert insert_if_absent(world.db.session, row.__table__, values | {"id": new_id()})


def test_a_naive_moment_is_refused(world: World) -> None:
    defer_insert(world.db.session, world.queue.Outbox, **a_row(created_at=now().replace(tzinfo=None)))
    with pytest.raises((ValueError, StatementError), match="naive"):
        world.db.session.commit()
    world.db.session.rollback()
    assert outbox_queries.listed(world.queue) == []


def a_row(**changes: Any) -> dict[str, Any]:
    row = {"queue": "there", "type": "settled", "version": 1, "key": "k", "ordinal": 1, "bulk": False, "body": {}}
    return {"id": new_id(), "created_at": now(), **row, **changes}


def test_a_column_that_is_not_there_is_refused_at_once(world: World) -> None:
    with pytest.raises(TypeError, match="possibly_repeeted"):
        defer_insert(world.db.session, world.queue.Outbox, **a_row(possibly_repeeted=True))
    world.db.session.rollback()


def test_every_text_comes_back_as_it_was(world: World) -> None:
    texts = [
        "Zoë Ó Súilleabháin-Ŵyn 例 👩🏽‍💻",
        'quotes " and \\ and \\u0000',
        "lines\nand\ttabs",
        "{%s} %(rows_0)s :name",
    ]
    for text in texts:
        defer_insert(world.db.session, world.queue.Outbox, **a_row(detail=text, body={"text": text}))
    world.db.session.commit()
    rows = outbox_queries.listed(world.queue)
    assert [(row.detail, row.body["text"]) for row in rows] == [(text, text) for text in texts]


def test_moments_keep_their_microseconds_and_large_numbers_their_digits(world: World) -> None:
    at = datetime(2026, 11, 4, 12, 30, 0, 123457, tzinfo=timezone(timedelta(hours=1)))
    defer_insert(world.db.session, world.queue.Outbox, **a_row(created_at=at, ordinal=2**62 + 1))
    world.db.session.commit()
    (row,) = outbox_queries.listed(world.queue)
    assert (row.created_at, row.ordinal) == (at, 2**62 + 1)


@pytest.mark.parametrize("kept", [{"body": {"n": float("nan")}}, {"detail": "a\0b"}, {"detail": b"bytes"}])
def test_what_json_cannot_carry_is_refused_and_not_shown(world: World, kept: dict[str, Any]) -> None:
    if world.db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite is given values, not JSON")
    defer_insert(world.db.session, world.queue.Outbox, **a_row(key="ada@example.org", **kept))
    with pytest.raises((ValueError, TypeError)) as refused:
        world.db.session.commit()
    assert "ada@example.org" not in str(refused.value)
    world.db.session.rollback()
