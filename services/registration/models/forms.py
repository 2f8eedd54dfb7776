"""The versions of an event's form."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registration.models.base import Model
from services.registration.models.events import Event
from services.registration.rules.questions import Question, read_questions
from shared.database.types import Json, UtcDateTime


class Form(Model):
    """One version of an event's questions; versions never change, so answers keep their meaning."""

    __tablename__ = "forms"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    event: Mapped[Event] = relationship()

    def read(self) -> tuple[Question, ...]:
        """The questions."""
        return read_questions(self.questions)
