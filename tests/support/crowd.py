"""Thousands of registrations at once: the rows that as many people would leave who register one by one.

`python -m tests.support.crowd 50000` brings registration's database, which the environment names, to the
demo event and so many people who were confirmed and told. A test holds what is made here against what
`operations.registrations.register` makes.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from flask import Flask
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Table, func, insert, select, text

from services.registration import create_app
from services.registration.demo import demo
from services.registration.models import (
    Cohort,
    Consent,
    DecisionRecord,
    Event,
    Outbox,
    Person,
    Placement,
    Registration,
    TimelineEntry,
    db,
)
from services.registration.operations.placements import STATUS_OF
from services.registration.operations.timeline import REGISTRANT, RULES, SYSTEM
from services.registration.rules.conditions import facts_of
from services.registration.rules.consents import WORDINGS
from services.registration.rules.places import Status
from services.registration.rules.routing import Decision, Ruleset, decide
from shared.contracts.notices import NoticeDue
from shared.contracts.receipts import Outcome
from shared.database.ids import new_id
from shared.database.migrations import upgrade
from shared.database.types import Json
from shared.database.utc import now

Rows = dict[Table, list[dict[str, Any]]]

AT_A_TIME = 5000
APART = timedelta(milliseconds=20)
TABLES = (Person, Registration, Consent, DecisionRecord, Placement, TimelineEntry, Outbox)
FIRST_NAMES = ("Ada", "Ben", "Carys", "Dafydd", "Elin", "Farah", "Gwen", "Hari", "Ines", "Jonah", "Kit")
TYPES = ("place_organisation", "community_organisation", "charity", "council", "funder", "funder_and_place", "other")
INTERESTS = (
    ["webinar"],
    ["webinar", "community_of_practice"],
    ["funder_pilot"],
    ["community_of_practice", "funder_pilot"],
)


def fill(app: Flask, count: int) -> None:
    """Bring the demo event to `count` registrations."""
    with app.app_context():
        demo.load()
        event = db.session.scalars(select(Event).filter_by(slug="pbsc-learning")).one()
        assert event.programme is not None
        here = db.session.scalar(select(func.count()).select_from(Registration)) or 0
        crowd = Crowd(event, event.programme.ruleset(), event.programme.cohorts, now() - APART * count)
        people = iter(range(here, count))
        while numbers := list(islice(people, AT_A_TIME)):
            for table, rows in crowd.rows(numbers).items():
                _pour(db.session.connection(), table, rows)
        db.session.commit()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            is_postgresql = connection.dialect.name == "postgresql"
            connection.execute(
                text("VACUUM ANALYZE" if is_postgresql else "ANALYZE")
            )  # as autovacuum would have by then


class Crowd:
    """The people of one event, each told apart by a number."""

    def __init__(self, event: Event, rules: Ruleset, cohorts: Iterable[Cohort], since: datetime) -> None:
        self.event_id, self.form_version, self.revision = event.id, event.form_version, event.revision
        self.cohorts = {cohort.slug: cohort.id for cohort in cohorts}
        self.since = since
        self.answers = [
            {"role": "Trustee", "organisation_type": kind, "place": "Exampleton", "interests": interests}
            for kind in TYPES
            for interests in INTERESTS
        ]
        self.decisions = [decide(facts_of(answers), rules) for answers in self.answers]
        self.decided = [_as_kept(decision) for decision in self.decisions]

    def rows(self, numbers: Iterable[int]) -> Rows:
        """What these people leave in each table, parents before children."""
        found: Rows = {model.__table__: [] for model in TABLES}  # type: ignore[misc]
        for number in numbers:
            for model, row in self._left_by(number):
                found[model.__table__].append(row)
        return found

    def _left_by(self, number: int) -> Iterator[tuple[Any, dict[str, Any]]]:
        at = self.since + APART * number
        person = _person(number, at)
        registration = self._registration(number, person, at)
        decision = self.decisions[number % len(self.decisions)]
        yield Person, person
        yield Registration, registration
        for wording in WORDINGS:
            if wording.required or number % 2:
                yield Consent, _consent(registration, wording.purpose, wording.version)
        made = {"id": new_id(), "registration_id": registration["id"], "decided_at": at}
        yield DecisionRecord, self.decided[number % len(self.decided)] | made
        for row in self._placements(registration, decision):
            yield Placement, row
        message_id = new_id()
        for what, actor, detail in (
            ("registered", REGISTRANT, {"status": str(Status.CONFIRMED)}),
            ("routed", RULES, {"decision": decision.for_organiser}),
            ("mail sent", SYSTEM, {"mail": "confirmed", "detail": "250 kept", "message": str(message_id)}),
        ):
            yield TimelineEntry, _entry(registration, what, str(actor), detail)
        yield Outbox, _settled_notice(message_id, registration)

    def _registration(self, number: int, person: dict[str, Any], at: datetime) -> dict[str, Any]:
        name = f"{FIRST_NAMES[number % len(FIRST_NAMES)]} Example {number}"
        organisation = f"Trust {number % 997} of Exampleton"
        return {
            "id": new_id(),
            "event_id": self.event_id,
            "person_id": person["id"],
            "status": str(Status.CONFIRMED),
            "attendance": "unknown",
            "name": name,
            "organisation": organisation,
            "language": "en",
            "answers": self.answers[number % len(self.answers)],
            "answers_version": 1,
            "form_version": self.form_version,
            "source": "form",
            "ordinal": 1,
            "told_revision": self.revision,
            "search": "\n".join((name, person["email_key"], organisation)).casefold(),
            "created_at": at,
        }

    def _placements(self, registration: dict[str, Any], decision: Decision) -> Iterator[dict[str, Any]]:
        for verdict in decision.verdicts:
            if verdict.asked:
                status = STATUS_OF[verdict.outcome]
                yield {
                    "id": new_id(),
                    "person_id": registration["person_id"],
                    "registration_id": registration["id"],
                    "cohort_id": self.cohorts[verdict.cohort],
                    "status": str(status),
                    "asked": True,
                    "fits": str(verdict.outcome),
                    "room": True if verdict.outcome == "place" else None,
                    "told": str(status),
                    "told_at": registration["created_at"],
                    "pinned": False,
                    "reason": verdict.because,
                    "updated_at": registration["created_at"],
                }


def _person(number: int, at: datetime) -> dict[str, Any]:
    email = f"person{number}@example.org"
    return {"id": new_id(), "email_key": email, "email": email, "created_at": at}


def _consent(registration: dict[str, Any], purpose: str, version: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "person_id": registration["person_id"],
        "registration_id": registration["id"],
        "purpose": purpose,
        "wording_version": version,
        "source": "form",
        "given_at": registration["created_at"],
    }


def _as_kept(decision: Decision) -> dict[str, Any]:
    return {
        "answers_version": 1,
        "rules_version": decision.rules_version,
        "serial": 0,
        "facts": {fact: list(values) for fact, values in decision.facts.items()},
        "verdicts": [asdict(verdict) for verdict in decision.verdicts],
        "pair": decision.pair,
        "for_organiser": decision.for_organiser,
        "for_person": list(decision.for_person),
        "decided_by": str(RULES),
    }


def _entry(registration: dict[str, Any], what: str, actor: str, detail: dict[str, str]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "event_id": registration["event_id"],
        "registration_id": registration["id"],
        "at": registration["created_at"],
        "what": what,
        "actor": actor,
        "detail": detail,
    }


def _settled_notice(message_id: UUID, registration: dict[str, Any]) -> dict[str, Any]:
    at = registration["created_at"]
    return {
        "id": message_id,
        "queue": "calendar",
        "type": NoticeDue.wire_name,
        "version": NoticeDue.wire_version,
        "key": str(registration["id"]),
        "ordinal": 1,
        "bulk": False,
        "body": None,
        "created_at": at,
        "published_at": at,
        "attempts": 1,
        "settled_at": at,
        "outcome": str(Outcome.SENT),
        "detail": "250 kept",
        "possibly_repeated": False,
    }


def _pour(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert many rows in the fastest way of the database at hand."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), rows)
        return
    names = list(rows[0])
    is_json = [table.c[name].type is Json for name in names]
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(
                [Jsonb(v) if json and v is not None else v for v, json in zip(row.values(), is_json, strict=True)]
            )


def main() -> None:
    """Fill the database that the environment names."""
    app = create_app(os.environ)
    upgrade(app)
    fill(app, int(sys.argv[1]))


if __name__ == "__main__":
    main()
