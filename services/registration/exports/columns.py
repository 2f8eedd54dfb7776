"""The columns of an attendee list, in an order and with names that stay the same.

A long list is read a batch at a time, and each batch a column at a time: one expression of the query
for each source, one function that understands its values once for all columns made of it, and for each
column one that makes them into cells.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, String, Text, cast, func, select, text, type_coerce

from services.registration.models import Cohort, Consent, Event, Form, Person, Placement, Registration, Rsvp, db
from services.registration.queries.attendees import GONE, Filters, matching
from services.registration.rules.consents import WORDINGS

BATCH = 1000
BETWEEN = ","
WITHIN = "="

Cell = str | list[str] | bool | datetime | None
Cells = Sequence[Cell]
Values = Sequence[Any]


def _as_they_are(values: Values) -> Values:
    return values


@dataclass(frozen=True, eq=False)
class Source:
    """Something that the query reads, and how a batch of it is understood."""

    expression: Any
    understood: Callable[[Values], Values] = _as_they_are


@dataclass(frozen=True)
class Column:
    """One column: its name, its source, and how what was understood becomes cells."""

    name: str
    source: Source
    cells: Callable[[Values], Cells] = _as_they_are


class UnknownColumn(ValueError):
    """A column was asked for that this event's list does not have; the message is a sentence."""


def columns_of(event: Event, names: Sequence[str] | None = None) -> tuple[Column, ...]:
    """The columns of an event's list, or those named, in the order named.

    After the fixed ones comes a column for every question that any version of the form has asked, the
    present version's first. Raises UnknownColumn.
    """
    known = {column.name: column for column in _fixed(event)}
    for key in _question_keys(event):
        name = f"answers.{key}" if key in known else key
        known[name] = Column(name, ANSWERS, _answers_to(key))
    if not names:
        return tuple(known.values())
    for name in names:
        if name not in known:
            raise UnknownColumn(f"There is no column {name!r}. Choose from {', '.join(known)}.")
    return tuple(known[name] for name in dict.fromkeys(names))


def read_batches(event: Event, filters: Filters, columns: Sequence[Column]) -> Iterator[list[Cells]]:
    """The attendees that match, oldest first, in constant memory: for each batch, the cells of each column."""
    sources = list(dict.fromkeys(column.source for column in columns))
    query = (
        matching(event, filters)
        .join(Person, Person.id == Registration.person_id)
        .with_only_columns(*(source.expression for source in sources))
        .order_by(Registration.created_at, Registration.id)
        .execution_options(yield_per=BATCH)
    )
    return _batches(query, columns, sources)


def _batches(query: Select[Any], columns: Sequence[Column], sources: Sequence[Source]) -> Iterator[list[Cells]]:
    connection = db.session.connection()
    _plan_as_written(connection)
    for rows in connection.execute(query).partitions():
        read = zip(sources, zip(*rows, strict=True), strict=True)
        understood = {source: source.understood(values) for source, values in read}
        yield [column.cells(understood[column.source]) for column in columns]


def _plan_as_written(connection: Connection) -> None:
    """PostgreSQL would compile a query of so many rows first, which takes longer than running it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL jit = off"))


def _fixed(event: Event) -> tuple[Column, ...]:
    """The columns every event's list has; times are on the event's clocks."""
    return (
        Column("name", Source(Registration.name)),
        Column("email", Source(Person.email)),
        Column("organisation", Source(Registration.organisation)),
        Column("status", Source(type_coerce(Registration.status, Text))),
        Column("registered_at", REGISTERED_AT, _times_in(ZoneInfo(event.timezone))),
        Column("cohorts", COHORTS, _cohorts_in_order),
        Column("rsvp", Source(type_coerce(Registration.rsvp, Text))),
        *([Column("rsvp_by_session", RSVPS, _by_session(event))] if len(event.sessions) > 1 else []),
        Column("attendance", Source(type_coerce(Registration.attendance, Text))),
        Column("language", Source(Registration.language)),
        *(Column(f"consent_{wording.purpose}", CONSENTS, _agreed_to(wording.purpose)) for wording in WORDINGS),
    )


def _question_keys(event: Event) -> list[str]:
    forms = select(Form.questions).filter_by(event_id=event.id).order_by(Form.version.desc())
    return list(dict.fromkeys(question["key"] for questions in db.session.scalars(forms) for question in questions))


def _decoded(texts: Sequence[str]) -> list[dict[str, Any]]:
    """JSON objects, all of a batch at once: a call for each would take longer than its decoding."""
    decoded: list[dict[str, Any]] = json.loads(f"[{','.join(texts)}]")
    return decoded


def _answers_to(key: str) -> Callable[[Values], Cells]:
    return lambda answers: [given.get(key) for given in answers]


def _times_in(zone: ZoneInfo) -> Callable[[Values], Cells]:
    return lambda moments: [moment.astimezone(zone) for moment in moments]


def _agreed_to(purpose: str) -> Callable[[Values], Cells]:
    return lambda joined: _apart(joined, lambda given: purpose in given)


def _apart(joined: Sequence[str | None], cell: Callable[[list[str]], Cell]) -> Cells:
    """The cell for what each was joined from. Most have it in common with others, and share the cell."""
    cells = {one: cell(one.split(BETWEEN) if one else []) for one in {*joined}}
    return [cells[one] for one in joined]


def _in_utc(moments: Values) -> Sequence[datetime]:
    """Instants as the drivers give them: SQLite's is text, and keeps no zone."""
    return [datetime.fromisoformat(f"{one}+00:00") for one in moments] if type(moments[0]) is str else moments


def _by_session(event: Event) -> Callable[[Sequence[str | None]], Cells]:
    """Each session that somebody answered for, by its local start, with the answer."""
    zone = ZoneInfo(event.timezone)
    starts = {session.id: session.starts_at.astimezone(zone) for session in event.sessions}

    def in_order(joined: str | None) -> list[str]:
        given = dict(pair.split(WITHIN) for pair in joined.split(BETWEEN)) if joined else {}
        answers = {UUID(session_id): answer for session_id, answer in given.items()}
        return [f"{start:%Y-%m-%d %H:%M} {answers[one]}" for one, start in starts.items() if one in answers]

    return lambda everybody: [in_order(joined) for joined in everybody]


def _cohorts_in_order(joined: Sequence[str | None]) -> Cells:
    cohorts = db.session.execute(select(Cohort.id, Cohort.title).order_by(Cohort.programme_id, Cohort.position))
    titles = dict(cohorts.tuples().all())
    order = list(titles)
    return _apart(joined, lambda ids: [titles[one] for one in sorted(map(UUID, ids), key=order.index)])


REGISTERED_AT = Source(type_coerce(Registration.created_at, Text), _in_utc)

ANSWERS = Source(cast(Registration.answers, Text), _decoded)

COHORTS = Source(
    select(func.aggregate_strings(cast(Placement.cohort_id, String), BETWEEN))
    .where(Placement.person_id == Registration.person_id, Placement.status.not_in(GONE))
    .correlate(Registration)
    .scalar_subquery()
)

RSVPS = Source(
    select(func.aggregate_strings(cast(Rsvp.session_id, String) + WITHIN + Rsvp.answer, BETWEEN))
    .where(Rsvp.registration_id == Registration.id)
    .correlate(Registration)
    .scalar_subquery()
)

CONSENTS = Source(
    select(func.aggregate_strings(Consent.purpose, BETWEEN))
    .where(Consent.registration_id == Registration.id, Consent.withdrawn_at.is_(None))
    .correlate(Registration)
    .scalar_subquery()
)
