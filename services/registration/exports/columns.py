"""The columns of an attendee list. Their names and order are stable.

A list is read in batches, and each batch by column, which is faster than by row. A source is one SQL expression and a
function that parses a batch of its values. Several columns can share a source; each turns its values into cells.
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
    """One SQL expression of the query, and the function that parses a batch of its values."""

    expression: Any
    parse: Callable[[Values], Values] = _as_they_are


@dataclass(frozen=True)
class Column:
    """One column: its name, its source, and the function that turns parsed values into cells."""

    name: str
    source: Source
    cells: Callable[[Values], Cells] = _as_they_are


class UnknownColumn(ValueError):
    """The list has no column of this name; the message is a sentence for the caller."""


def columns_of(event: Event, names: Sequence[str] | None = None) -> tuple[Column, ...]:
    """All columns of an event's list, or those in `names`, in that order.

    The fixed columns come first, then one for every question on any version of the form, the newest version first.
    Raises UnknownColumn.
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
    """Read the attendees that match, oldest first, in constant memory. A batch has a list of cells for each column."""
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
    _disable_jit(connection)
    for rows in connection.execute(query).partitions():
        read = zip(sources, zip(*rows, strict=True), strict=True)
        understood = {source: source.parse(values) for source, values in read}
        yield [column.cells(understood[column.source]) for column in columns]


def _disable_jit(connection: Connection) -> None:
    """Turn off PostgreSQL's JIT: to compile this query takes longer than to run it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL jit = off"))


def _fixed(event: Event) -> tuple[Column, ...]:
    """The columns that every list has. Times are in the event's time zone."""
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
    """Decode a batch of JSON objects in one call, because a call for each is slower."""
    decoded: list[dict[str, Any]] = json.loads(f"[{','.join(texts)}]")
    return decoded


def _answers_to(key: str) -> Callable[[Values], Cells]:
    return lambda answers: [given.get(key) for given in answers]


def _times_in(zone: ZoneInfo) -> Callable[[Values], Cells]:
    return lambda moments: [moment.astimezone(zone) for moment in moments]


def _agreed_to(purpose: str) -> Callable[[Values], Cells]:
    return lambda joined: _split(joined, lambda given: purpose in given)


def _split(joined: Sequence[str | None], cell: Callable[[list[str]], Cell]) -> Cells:
    """Split each joined text and convert it to a cell. Equal texts share one cell, because few are different."""
    cells = {one: cell(one.split(BETWEEN) if one else []) for one in {*joined}}
    return [cells[one] for one in joined]


def _in_utc(moments: Values) -> Sequence[datetime]:
    """Convert the driver's values to aware times: SQLite returns UTC as text without an offset."""
    return [datetime.fromisoformat(f"{one}+00:00") for one in moments] if type(moments[0]) is str else moments


def _by_session(event: Event) -> Callable[[Sequence[str | None]], Cells]:
    """List the sessions that the person answered: the local start of each, and the answer."""
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
    return _split(joined, lambda ids: [titles[one] for one in sorted(map(UUID, ids), key=order.index)])


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
