"""What an attendee list has in it: its columns, in an order and with names that stay the same."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row as SqlRow
from sqlalchemy import select

from services.registration.attendees import GONE, Filters, matching
from services.registration.models import Cohort, Consent, Event, Form, Person, Placement, Registration, db
from services.registration.rules.wording import WORDINGS

BATCH = 1000

Cell = str | list[str] | bool | None


@dataclass(slots=True)
class Row:
    """One registration, and what belongs to it from other tables."""

    registration: SqlRow[Any]
    zone: ZoneInfo
    cohorts: list[str] = field(default_factory=list)
    consents: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Column:
    """One column: its name, and how to read its cell from a row."""

    name: str
    cell: Callable[[Row], Cell]


class UnknownColumn(ValueError):
    """A column was asked for that this event's list does not have; the message is a sentence."""


def columns_of(event: Event, names: Sequence[str] | None = None) -> tuple[Column, ...]:
    """The columns of an event's list, or those named, in the order named.

    After the fixed ones comes a column for every question that any version of the form has asked, the
    present version's first. Raises UnknownColumn.
    """
    known = {column.name: column for column in FIXED}
    for key in _question_keys(event):
        name = f"answers.{key}" if key in known else key
        known[name] = Column(name, _answer(key))
    if not names:
        return tuple(known.values())
    for name in names:
        if name not in known:
            raise UnknownColumn(f"There is no column {name!r}. Choose from {', '.join(known)}.")
    return tuple(known[name] for name in dict.fromkeys(names))


def read_rows(event: Event, filters: Filters, columns: Sequence[Column]) -> Iterator[list[Row]]:
    """The attendees that match, oldest first, a batch at a time; what belongs to them is read only for
    the columns that show it."""
    names = {column.name for column in columns}
    query = (
        matching(event, filters)
        .join(Person, Person.id == Registration.person_id)
        .with_only_columns(*_READ)
        .order_by(Registration.created_at, Registration.id)
        .execution_options(yield_per=BATCH)
    )
    return _batches(query, ZoneInfo(event.timezone), names)


def _batches(query: Any, zone: ZoneInfo, names: set[str]) -> Iterator[list[Row]]:
    with_consents = any(name.startswith("consent_") for name in names)
    for found in db.session.execute(query).partitions():
        rows = [Row(registration, zone) for registration in found]
        if "cohorts" in names:
            _add_cohorts(rows)
        if with_consents:
            _add_consents(rows)
        yield rows


def _add_cohorts(rows: list[Row]) -> None:
    people = [row.registration.person_id for row in rows]
    titles: dict[UUID, list[str]] = defaultdict(list)
    query = select(Placement.person_id, Cohort.title).join(Cohort).where(Placement.person_id.in_(people))
    for person_id, title in db.session.execute(query.where(Placement.status.not_in(GONE)).order_by(Cohort.position)):
        titles[person_id].append(title)
    for row in rows:
        row.cohorts = titles.get(row.registration.person_id, [])


def _add_consents(rows: list[Row]) -> None:
    registrations = [row.registration.id for row in rows]
    given: dict[UUID, set[str]] = defaultdict(set)
    query = select(Consent.registration_id, Consent.purpose).where(Consent.withdrawn_at.is_(None))
    for registration_id, purpose in db.session.execute(query.where(Consent.registration_id.in_(registrations))):
        given[registration_id].add(purpose)
    for row in rows:
        row.consents = frozenset(given.get(row.registration.id, ()))


def _question_keys(event: Event) -> list[str]:
    forms = select(Form.questions).filter_by(event_id=event.id).order_by(Form.version.desc())
    return list(dict.fromkeys(question["key"] for questions in db.session.scalars(forms) for question in questions))


def _plain(name: str) -> Column:
    return Column(name, lambda row: getattr(row.registration, name))


def _answer(key: str) -> Callable[[Row], Cell]:
    return lambda row: row.registration.answers.get(key)


def _registered_at(row: Row) -> str:
    moment: datetime = row.registration.created_at
    return moment.astimezone(row.zone).isoformat(timespec="seconds")


def _consent(purpose: str) -> Column:
    return Column(f"consent_{purpose}", lambda row: purpose in row.consents)


_READ = (
    Registration.id,
    Registration.person_id,
    Registration.name,
    Person.email,
    Registration.organisation,
    Registration.status,
    Registration.created_at,
    Registration.rsvp,
    Registration.attendance,
    Registration.language,
    Registration.answers,
)

FIXED = (
    _plain("name"),
    _plain("email"),
    _plain("organisation"),
    _plain("status"),
    Column("registered_at", _registered_at),
    Column("cohorts", lambda row: row.cohorts),
    _plain("rsvp"),
    _plain("attendance"),
    _plain("language"),
    *(_consent(wording.purpose) for wording in WORDINGS),
)
"""The columns every event's list has. `registered_at` is ISO 8601 in the event's zone, with its offset."""
