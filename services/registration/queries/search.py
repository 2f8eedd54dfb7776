"""Substring search in names, addresses and organisations.

On PostgreSQL it uses a trigram index (pg_trgm); on SQLite it scans a narrow index of the event's registrations.
"""

from sqlalchemy import ColumnElement

from services.registration.models import Event, Registration
from services.registration.rules.folding import folded


def searchable_text(name: str, email_key: str, organisation: str) -> str:
    """The searchable text of one registration."""
    return folded("\n".join((name, email_key, organisation)))


def of_event(event: Event, words: str) -> list[ColumnElement[bool]]:
    """Conditions for the registrations of an event whose searchable text contains every one of these words."""
    sought = folded(words).split()
    return [Registration.event_id == event.id, *(Registration.search.contains(one, autoescape=True) for one in sought)]
