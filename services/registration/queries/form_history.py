"""The versions of an event's form."""

from functools import lru_cache
from uuid import UUID

from sqlalchemy import select

from services.registration.models import Event, Form, db
from services.registration.rules.form_history import FormHistory


def of_event(event: Event) -> FormHistory:
    """All versions of an event's form, in one query. They are cached, because a version never changes."""
    return _up_to(event.id, event.form_version)


@lru_cache(maxsize=256)
def _up_to(event_id: UUID, newest: int) -> FormHistory:
    forms = db.session.scalars(select(Form).where(Form.event_id == event_id, Form.version <= newest))
    return FormHistory({form.version: form.read() for form in forms})
