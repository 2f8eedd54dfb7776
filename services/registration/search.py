"""Search in names, addresses and organisations, by any part of a word.

PostgreSQL's trigrams (pg_trgm) are an index that its planner chooses by itself. Those of SQLite (FTS5) are a table,
and its planner does not know how many rows hold a word: so the table is asked first, and used where they are few.
Where many do, the newest of them are found soon by reading the list itself; so are words too short for a trigram.
"""

from functools import lru_cache
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, func, inspect, text

from services.registration.models import Event, Registration, db

FEW = 200
MAY_HOLD = text("""
    SELECT registration_id FROM registration_search_numbers WHERE number IN (
        SELECT rowid FROM registration_search WHERE registration_search MATCH :trigrams LIMIT :at_most
    )
    UNION ALL SELECT registration_id FROM registration_search_numbers WHERE number > (
        SELECT seq / 64 * 64 FROM sqlite_sequence WHERE name = 'registration_search_numbers'
    )
""").columns(registration_id=Registration.id.type)


def of_event(event: Event, words: str) -> list[ColumnElement[bool]]:
    """What is true of those registrations of an event that hold every one of these words, whatever their case."""
    sought = words.casefold().split()
    hold = [Registration.search.contains(word, autoescape=True) for word in sought]
    few = _few_that_may_hold(sought)
    if few is None:
        return [Registration.event_id == event.id, *hold]
    at_event = func.likely(Registration.event_id == event.id)  # or SQLite would read all of the event for them
    return [Registration.id.in_(few), at_event, *hold]


def _few_that_may_hold(words: list[str]) -> list[UUID] | None:
    """Registrations of any event that hold all trigrams of these words, and the newest, which the table does not
    have yet; None where they are many or not known."""
    trigrams = {word[start : start + 3] for word in words for start in range(len(word) - 2)}
    if not trigrams or not _has_table_of_trigrams(db.engine):
        return None
    if any("\0" in trigram for trigram in trigrams):  # which nobody's text has, and which would end the question
        return []
    quoted = ('"' + trigram.replace('"', '""') + '"' for trigram in sorted(trigrams))
    found = list(db.session.scalars(MAY_HOLD, {"trigrams": " ".join(quoted), "at_most": FEW + 1}))
    return found if len(found) <= FEW else None


@lru_cache(maxsize=8)
def _has_table_of_trigrams(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite" and inspect(db.session.connection()).has_table("registration_search")
