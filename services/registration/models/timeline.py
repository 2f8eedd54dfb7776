"""The timeline of events and registrations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registration.models.base import Model
from services.registration.models.events import Event
from services.registration.models.registrations import Registration
from shared.database.ids import new_id
from shared.database.types import Json, UtcDateTime


class TimelineEntry(Model):
    """Something that happened: who did what, when, and why. Entries are only ever added."""

    __tablename__ = "timeline"
    __table_args__ = (
        Index("ix_timeline_registration_id", "registration_id", "id"),
        Index("ix_timeline_event_id", "event_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    registration_id: Mapped[UUID | None] = mapped_column(ForeignKey("registrations.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    what: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]] = mapped_column(Json)

    event: Mapped[Event] = relationship()
    registration: Mapped[Registration | None] = relationship()
