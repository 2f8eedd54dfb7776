"""Programmes and their cohorts, with the routing rules."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registration.models.base import Model, assign_details, read_details
from services.registration.rules.programmes import CohortDetails
from services.registration.rules.routing import CohortRules, PairPolicy, Ruleset, read_rules
from shared.database.ids import new_id
from shared.database.types import EnumText, Json, UtcDateTime


class Programme(Model):
    """A programme, with the cohorts that events lead to. `rules_version` rises with every change of rules or policy."""

    __tablename__ = "programmes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    pair_policy: Mapped[PairPolicy] = mapped_column(EnumText(PairPolicy), default=PairPolicy.REVIEW)
    rules_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    cohorts: Mapped[list["Cohort"]] = relationship(order_by="Cohort.position", lazy="selectin")

    def ruleset(self) -> Ruleset:
        """The current rules."""
        return Ruleset(
            version=self.rules_version,
            cohorts=tuple(CohortRules(c.slug, c.title, read_rules(c.rules)) for c in self.cohorts),
            pair_policy=self.pair_policy,
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

    @property
    def details(self) -> CohortDetails:
        """The cohort's details, without its rules."""
        return read_details(CohortDetails, self)

    @details.setter
    def details(self, details: CohortDetails) -> None:
        assign_details(self, details)
