"""What somebody else changed in an event while an organiser had its form open."""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from wtforms import Field, FieldList, Form, FormField, HiddenField

from services.registration.web.fields import LocalDateTime, YesOrNo
from shared.i18n.dates import moment

CHANGED_MEANWHILE = (
    "Somebody else changed this event while you had it open. What you typed is still here: look at it, and save again."
)


class Shown(NamedTuple):
    """A field as a page shows it: its key, which does not depend on the order of sessions, and its label."""

    key: str
    label: str
    field: Field

    @property
    def words(self) -> str:
        """The value, as a person reads it."""
        if isinstance(self.field, LocalDateTime):
            return moment(self.field.data, self.field.timezone) if self.field.data else ""
        if isinstance(self.field, YesOrNo):
            return "Yes" if self.field.data else "No"
        return str(self.field.data or "")

    @property
    def digest(self) -> str:
        """A short digest of the value."""
        return hashlib.sha256(self.words.encode()).hexdigest()[:12]


def digests(form: Form) -> str:
    """The values of a form, in short, for a hidden field: they come back when the form is sent."""
    return " ".join(f"{shown.key}={shown.digest}" for shown in _shown(form))


def merge(typed: Form, present: Form, digests_shown: str) -> list[str]:
    """Find what differs between the form as it was shown and the event at present. Returns a sentence for each
    difference, none if there is none.

    A field that the organiser left as it was shown takes the present value; what they typed stays.
    """
    before = dict(part.split("=", 1) for part in digests_shown.split() if "=" in part)
    if not before:
        return []
    mine = {shown.key: shown for shown in _shown(typed)}
    sentences = []
    for now in _shown(present):
        own = mine.get(now.key)
        if now.digest in (before.get(now.key), own.digest if own else None):
            continue
        sentences.append(f"{now.label} is now “{now.words}”." if now.words else f"{now.label} is now empty.")
        if own is not None and own.digest == before.get(now.key):
            own.field.data, own.field.raw_data, own.field.errors = now.field.data, None, ()
    gone = before.keys() - {now.key for now in _shown(present)}
    if gone:
        sentences.append("A session has been taken off.")
    return [CHANGED_MEANWHILE, *sentences] if sentences else []


def _shown(form: Form, key: str = "", label: str = "") -> Iterator[Shown]:
    for name, field in form._fields.items():
        if isinstance(field, FieldList):
            for number, entry in enumerate(field, 1):
                about = f"Session {number}: " if len(field) > 1 else ""
                yield from _shown(entry.form, f"{entry.form.id.data}.", about)
        elif isinstance(field, FormField):
            yield from _shown(field.form, f"{name}.")
        elif not isinstance(field, HiddenField):
            yield Shown(f"{key}{name}", f"{label}{field.label.text}", field)
