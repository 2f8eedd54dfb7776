"""Programmes, their cohorts, the routing decisions, and who is placed where."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registration.models.base import Model
from services.registration.rules.routing import CohortRules, PairPolicy, Ruleset, read_rules
from shared.db import Json, UtcDateTime
from shared.ids import new_id

if TYPE_CHECKING:
    from services.registration.models.people import Registration


class PlacementStatus(StrEnum):
    """Where a person stands with a cohort."""

    PROPOSED = "proposed"
    IN_REVIEW = "in review"
    PLACED = "placed"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Programme(Model):
    """A longer thing with cohorts. `rules_version` rises with every change of rules or policy."""

    __tablename__ = "programmes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    pair_policy: Mapped[str] = mapped_column(String(20), default=PairPolicy.REVIEW)
    rules_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    cohorts: Mapped[list["Cohort"]] = relationship(order_by="Cohort.position", lazy="selectin")

    def ruleset(self) -> Ruleset:
        """The rules as they stand."""
        return Ruleset(
            version=self.rules_version,
            cohorts=tuple(CohortRules(c.slug, c.title, read_rules(c.rules)) for c in self.cohorts),
            pair_policy=PairPolicy(self.pair_policy),
        )


class Cohort(Model):
    """A group within a programme, with its own capacity, welcome and ordered rules."""

    __tablename__ = "cohorts"
    __table_args__ = (UniqueConstraint("programme_id", "slug"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    slug: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]
    capacity: Mapped[int | None]
    welcome: Mapped[str] = mapped_column(Text, default="")
    rules: Mapped[list[dict[str, Any]]] = mapped_column(Json)


class DecisionRecord(Model):
    """What the rules, or a person, decided about one registration. Rows are only ever added; the same
    answers under the same rules are decided once."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("registration_id", "answers_version", "rules_version", "serial"),
        Index("ix_decisions_registration_id", "registration_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    answers_version: Mapped[int]
    rules_version: Mapped[int]
    serial: Mapped[int] = mapped_column(default=0)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    verdicts: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    pair: Mapped[str] = mapped_column(Text, default="")
    for_organiser: Mapped[str] = mapped_column(Text)
    for_person: Mapped[list[str]] = mapped_column(Json)
    decided_by: Mapped[str] = mapped_column(String(80))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)

    registration: Mapped["Registration"] = relationship()


class Placement(Model):
    """A person in a cohort, by way of a registration. What they `asked`, what the rules say (`fits`),
    whether there was `room`, and what they were `told` stay apart. A placement made by a person is
    `pinned`: rules only suggest."""

    __tablename__ = "placements"
    __table_args__ = (
        UniqueConstraint("person_id", "cohort_id"),
        Index("ix_placements_registration_id", "registration_id"),
        Index("ix_placements_cohort_id", "cohort_id", "status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    cohort_id: Mapped[UUID] = mapped_column(ForeignKey("cohorts.id"))
    status: Mapped[str] = mapped_column(String(20))
    asked: Mapped[bool]
    fits: Mapped[str] = mapped_column(String(20))
    room: Mapped[bool | None]
    told: Mapped[str | None] = mapped_column(String(40))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pinned: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    cohort: Mapped[Cohort] = relationship(lazy="joined", innerjoin=True)
    registration: Mapped["Registration"] = relationship()
