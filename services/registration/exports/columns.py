"""The columns of an attendee list. Their names and order are stable.

A list is read in batches, and each batch by column, which is faster than by row. Several columns can share a source;
each turns its values into cells. Columns have names and codes for programs, or titles and words for people.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, text

from services.registration.exports import sources
from services.registration.exports.sources import BETWEEN, WITHIN, Source, Values, as_they_are
from services.registration.models import Cohort, Event, Person, PlacementStatus, Registration, db
from services.registration.queries import form_history
from services.registration.queries.attendees import Filters, matching
from services.registration.rules.consents import WORDINGS
from services.registration.rules.form_history import FormHistory
from services.registration.web import words

BATCH = 1000

Cell = str | list[str] | bool | datetime | None
Cells = Sequence[Cell]


@dataclass(frozen=True)
class Column:
    """One column: its name, its source, and the function that turns parsed values into cells. `title` is what people
    read above it, and `words` turns cells with codes into cells with words."""

    name: str
    source: Source
    cells: Callable[[Values], Cells] = as_they_are
    title: str = ""
    words: Callable[[Cells], Cells] = as_they_are


class UnknownColumn(ValueError):
    """The list has no column of this name; the message is a sentence for the caller."""


def columns_of(event: Event, names: Sequence[str] | None = None, *, labels: bool = False) -> tuple[Column, ...]:
    """All columns of an event's list, or those in `names`, in that order; with `labels`, in words.

    The fixed columns come first, then one for every question on any version of the form, the newest version first.
    Raises UnknownColumn.
    """
    known = {column.name: column for column in _fixed(event)}
    history = form_history.of_event(event)
    for key in history.keys:
        name = f"answers.{key}" if key in known else key
        known[name] = _in_words(history, key, name) if labels else _in_codes(history, key, name)
    for name in names or ():
        if name not in known:
            raise UnknownColumn(f"There is no column {name!r}. Choose from {', '.join(known)}.")
    chosen = tuple(known[name] for name in dict.fromkeys(names or known))
    return _titled(chosen) if labels else chosen


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
        parsed = {source: source.parse(values) for source, values in read}
        yield [column.cells(parsed[column.source]) for column in columns]


def _disable_jit(connection: Connection) -> None:
    """Turn off PostgreSQL's JIT: to compile this query takes longer than to run it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL jit = off"))


def _titled(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns in words, each under its title. Columns of the same title have their names after it."""
    shared = {title for title, times in Counter(column.title for column in columns).items() if times > 1}
    return tuple(_spelt(column, with_name=column.title in shared) for column in columns)


def _spelt(column: Column, *, with_name: bool) -> Column:
    name = f"{column.title} ({column.name})" if with_name else column.title
    return replace(column, name=name, cells=lambda values: column.words(column.cells(values)))


def _fixed(event: Event) -> tuple[Column, ...]:
    """The columns that every list of this event has. Times are in the event's time zone."""
    zone = ZoneInfo(event.timezone)
    cohorts = event.programme.cohorts if event.programme else []
    by_session = Column(
        "rsvp_by_session", sources.RSVPS, _by_session(event, zone), "Said to the invite, by session", _sessions_in_words
    )
    return (
        Column("name", sources.NAME, title="Name"),
        Column("email", sources.EMAIL, title="E-mail address"),
        Column("organisation", sources.ORGANISATION, title="Organisation"),
        Column("status", sources.STATUS, title="Status", words=_from(words.REGISTRATION)),
        Column("registered_at", sources.REGISTERED_AT, partial(_times_in, zone), "Registered"),
        Column("cohorts", sources.PLACEMENTS, partial(_groups_of, cohorts), "In the groups"),
        *(
            Column(f"group.{cohort.slug}", sources.PLACEMENTS, partial(_state_in, cohort), _capital(cohort.title))
            for cohort in cohorts
        ),
        Column("rsvp", sources.RSVP, title="Said to the invite", words=_from(words.RSVP)),
        *([by_session] if len(event.sessions) > 1 else []),
        Column("attendance", sources.ATTENDANCE, title="Attendance", words=_from(words.ATTENDANCE)),
        Column("language", sources.LANGUAGE, title="Language", words=_from(words.LANGUAGE)),
        *(
            Column(f"consent_{one.purpose}", sources.CONSENTS, _agreed_to(one.purpose), one.text, _from(words.YES_NO))
            for one in WORDINGS
        ),
    )


def _in_codes(history: FormHistory, key: str, name: str) -> Column:
    return Column(name, sources.ANSWERS, lambda answers: [given.get(key) for given in answers], history.title(key))


def _in_words(history: FormHistory, key: str, name: str) -> Column:
    """The answers to a question in the words of the version of the form that each was given on."""
    label = cache(partial(history.label_of, key))

    def in_words(answer: Any, version: int) -> Cell:
        return [label(one, version) for one in answer] if type(answer) is list else answer and label(answer, version)

    def cells(everybody: Values) -> Cells:
        if not history.has_options(key):
            return [answers.get(key) for answers, _, _ in everybody]
        return [in_words(answers.get(key), earlier.get(key, version)) for answers, version, earlier in everybody]

    return Column(name, sources.GIVEN, cells, history.title(key))


def _from(labels: Mapping[Any, str]) -> Callable[[Cells], Cells]:
    """Replace codes by their words. There are few, so each is looked up once in a batch."""

    def spelt(cells: Cells) -> Cells:
        known: dict[Any, str | None] = {code: words.word(code, labels) for code in {*cells} if code is not None}
        return [known.get(code) for code in cells]

    return spelt


def _times_in(zone: ZoneInfo, moments: Values) -> Cells:
    return [moment.astimezone(zone) for moment in moments]


def _agreed_to(purpose: str) -> Callable[[Values], Cells]:
    return lambda joined: _split(joined, lambda given: purpose in given)


def _split(joined: Sequence[str | None], cell: Callable[[list[str]], Cell]) -> Cells:
    """Split each joined text and convert it to a cell. Equal texts share one cell, because few are different."""
    cells = {one: cell(one.split(BETWEEN) if one else []) for one in {*joined}}
    return [cells[one] for one in joined]


def _pairs(joined: Sequence[str]) -> dict[UUID, str]:
    """The values in joined texts by the ids before them."""
    pairs = (one.split(WITHIN) for one in joined)
    return {UUID(one_id): value for one_id, value in pairs}


def _groups_of(cohorts: Sequence[Cohort], joined: Sequence[str | None]) -> Cells:
    """The titles of the groups that each person is in."""

    def titles(placements: list[str]) -> Cell:
        states = _pairs(placements)
        return [cohort.title for cohort in cohorts if states.get(cohort.id) == PlacementStatus.PLACED]

    return _split(joined, titles)


def _state_in(cohort: Cohort, joined: Sequence[str | None]) -> Cells:
    """The state of each person in one group, in words; blank for a person who did not ask."""

    def state(placements: list[str]) -> Cell:
        status = _pairs(placements).get(cohort.id)
        return status and words.word(status, words.PLACEMENT)

    return _split(joined, state)


def _by_session(event: Event, zone: ZoneInfo) -> Callable[[Sequence[str | None]], Cells]:
    """List the sessions that the person answered: the local start of each, and the answer."""
    starts = {session.id: session.starts_at.astimezone(zone) for session in event.sessions}

    def in_order(joined: list[str]) -> Cell:
        answers = _pairs(joined)
        return [f"{start:%Y-%m-%d %H:%M} {answers[one]}" for one, start in starts.items() if one in answers]

    return lambda everybody: _split(everybody, in_order)


def _sessions_in_words(everybody: Cells) -> Cells:
    def in_words(session: str) -> str:
        start, _, answer = session.rpartition(" ")
        return f"{start} {words.word(answer, words.RSVP)}"

    return [[in_words(one) for one in answered] for answered in everybody if isinstance(answered, list)]


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]
