"""Placements of people in cohorts, and the decisions behind them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registration.models.base import Model
from services.registration.models.programmes import Cohort
from services.registration.models.registrations import Registration
from services.registration.rules.routing import RoutingOutcome
from shared.database.ids import new_id
from shared.database.types import EnumText, Json, UtcDateTime


class PlacementStatus(StrEnum):
    """The status of a person in a cohort."""

    PROPOSED = "proposed"
    IN_REVIEW = "in review"
    PLACED = "placed"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class DecisionRecord(Model):
    """A decision of the rules, or of a person, about one registration. Rows are only ever added; the same
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

    registration: Mapped[Registration] = relationship()


class Placement(Model):
    """A person in a cohort, by way of a registration. What they `asked` for, what the rules say (`fits`), whether
    there was `room` and what they were `told` are kept apart. Rules do not change a placement that is `pinned`,
    because a person made it. `room` stays true for somebody who had a place and has left."""

    __tablename__ = "placements"
    __table_args__ = (
        UniqueConstraint("person_id", "cohort_id"),
        Index("ix_placements_registration_id", "registration_id"),
        Index("ix_placements_cohort_id", "cohort_id", "status", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    cohort_id: Mapped[UUID] = mapped_column(ForeignKey("cohorts.id"))
    status: Mapped[PlacementStatus] = mapped_column(EnumText(PlacementStatus))
    asked: Mapped[bool]
    fits: Mapped[RoutingOutcome] = mapped_column(EnumText(RoutingOutcome))
    room: Mapped[bool | None]
    told: Mapped[str | None] = mapped_column(String(40))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pinned: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    cohort: Mapped[Cohort] = relationship(lazy="joined", innerjoin=True)
    registration: Mapped[Registration] = relationship()

    @property
    def has_left(self) -> bool:
        """True for somebody who was in the cohort and is no longer. Others are withdrawn without ever having joined."""
        return self.status is PlacementStatus.WITHDRAWN and bool(self.room)

    @classmethod
    def of(cls, registration: Registration, cohort: Cohort) -> "Placement":
        """A new placement, which nobody has asked for or decided yet, to be added to the session."""
        return cls(
            id=new_id(),
            person_id=registration.person_id,
            registration=registration,
            registration_id=registration.id,
            cohort=cohort,
            cohort_id=cohort.id,
            status=PlacementStatus.PROPOSED,
            asked=False,
            fits=RoutingOutcome.NOT_ASKED,
            pinned=False,
            reason="",
        )
