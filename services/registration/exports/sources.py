"""What an attendee list is read from: SQL expressions, and the functions that parse a batch of their values."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, Text, cast, func, literal, select, type_coerce

from services.registration.models import Consent, Person, Placement, PlacementStatus, Registration, Rsvp

BETWEEN = ","
WITHIN = "="

Values = Sequence[Any]


def as_they_are(values: Values) -> Values:
    """The values themselves."""
    return values


@dataclass(frozen=True, eq=False)
class Source:
    """One SQL expression of the query, and the function that parses a batch of its values."""

    expression: Any
    parse: Callable[[Values], Values] = as_they_are


def _decoded(texts: Sequence[str]) -> list[Any]:
    """Decode a batch of JSON texts in one call, because a call for each is slower."""
    decoded: list[Any] = json.loads(f"[{','.join(texts)}]")
    return decoded


def _in_utc(moments: Values) -> Sequence[datetime]:
    """Convert the driver's values to aware times: SQLite returns UTC as text without an offset."""
    return [datetime.fromisoformat(f"{one}+00:00") for one in moments] if type(moments[0]) is str else moments


def _joined(text: Any, *conditions: ColumnElement[bool]) -> Any:
    """The texts of a registration's rows in another table, in one text."""
    joined = select(func.aggregate_strings(text, BETWEEN)).where(*conditions)
    return joined.correlate(Registration).scalar_subquery()


NAME = Source(Registration.name)
EMAIL = Source(Person.email)
ORGANISATION = Source(Registration.organisation)
STATUS = Source(type_coerce(Registration.status, Text))
REGISTERED_AT = Source(type_coerce(Registration.created_at, Text), _in_utc)
RSVP = Source(type_coerce(Registration.rsvp, Text))
ATTENDANCE = Source(type_coerce(Registration.attendance, Text))
LANGUAGE = Source(Registration.language)

ANSWERS = Source(cast(Registration.answers, Text), _decoded)
"""The answers by question key."""

GIVEN = Source(
    literal("[").concat(cast(Registration.answers, Text))
    + literal(",").concat(cast(Registration.form_version, Text))
    + literal(",").concat(cast(Registration.earlier_answers, Text)).concat("]"),
    _decoded,
)
"""The answers by question key, the version of the form, and the earlier versions by question key."""

PLACEMENTS = Source(
    _joined(
        cast(Placement.cohort_id, String) + WITHIN + type_coerce(Placement.status, Text),
        Placement.person_id == Registration.person_id,
        (Placement.status != PlacementStatus.WITHDRAWN) | Placement.room,
    )
)
"""The status in each cohort, without those that the person never joined (`Placement.has_left`)."""
RSVPS = Source(_joined(cast(Rsvp.session_id, String) + WITHIN + Rsvp.answer, Rsvp.registration_id == Registration.id))
CONSENTS = Source(_joined(Consent.purpose, Consent.registration_id == Registration.id, Consent.withdrawn_at.is_(None)))
