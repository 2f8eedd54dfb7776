"""Search in names, addresses and organisations, by any part of a word.

PostgreSQL has trigrams (pg_trgm) for this, which its planner uses by itself. SQLite reads a narrow index.
"""

from sqlalchemy import ColumnElement

from services.registration.models import Event, Registration
from services.registration.rules.folding import folded


def searchable_text(name: str, email_key: str, organisation: str) -> str:
    """The text that search looks through for one registration."""
    return folded("\n".join((name, email_key, organisation)))


def of_event(event: Event, words: str) -> list[ColumnElement[bool]]:
    """The conditions that hold for registrations of an event with each of these words in their text."""
    sought = [word.replace("\0", "") for word in folded(words).split()]
    return [Registration.event_id == event.id, *(Registration.search.contains(one, autoescape=True) for one in sought)]
