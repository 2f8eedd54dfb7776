"""People, their registrations and consents, and the timeline of both."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from services.registration.models.base import Model
from services.registration.models.events import Event, Session
from services.registration.models.programmes import Placement
from services.registration.rules.places import HOLDS_A_PLACE
from shared.db import Json, UtcDateTime
from shared.ids import new_id


class Person(Model):
    """One human being, known by one normalised e-mail address."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    email: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Registration(Model):
    """A person at an event. `ordinal` rises with every notice about its standing; `told_revision` is
    the event's revision that the last of them spoke of; `search` holds what the console looks through.

    `rsvp` is what their answers to all sessions come to, and `rsvp_at` when they gave the last (UTC).
    """

    __tablename__ = "registrations"
    __table_args__ = (
        UniqueConstraint("event_id", "person_id"),
        Index("ix_registrations_attendees", "event_id", "created_at", "id"),
        Index("ix_registrations_status", "event_id", "status", "created_at", "id"),
        Index("ix_registrations_waiting", "event_id", "waiting_since", "id"),
        Index("ix_registrations_untold", "event_id", "told_revision"),
        Index("ix_registrations_person_id", "person_id"),
        Index(
            "ix_registrations_rsvp",
            "event_id",
            "rsvp",
            "created_at",
            "id",
            sqlite_where=text("rsvp IS NOT NULL"),
            postgresql_where=text("rsvp IS NOT NULL"),
        ),
        Index("ix_registrations_search", "event_id", "created_at", "id", "search", info={"only_on": "sqlite"}),
        Index(
            "ix_registrations_trigrams",
            "search",
            postgresql_using="gin",
            postgresql_ops={"search": "gin_trgm_ops"},
            postgresql_with={"gin_pending_list_limit": 256},
            info={"only_on": "postgresql"},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    status: Mapped[str] = mapped_column(String(20))
    attendance: Mapped[str] = mapped_column(String(20), default="unknown")
    name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    answers_version: Mapped[int] = mapped_column(default=1)
    form_version: Mapped[int]
    source: Mapped[str] = mapped_column(String(20))
    ordinal: Mapped[int] = mapped_column(default=0)
    told_revision: Mapped[int] = mapped_column(default=0)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    search: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rsvp: Mapped[str | None] = mapped_column(String(20))
    rsvp_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    event: Mapped[Event] = relationship()
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    rsvps: Mapped[list["Rsvp"]] = relationship(back_populates="registration", cascade="all, delete-orphan")
    placements: Mapped[list[Placement]] = relationship(
        primaryjoin=lambda: Registration.person_id == foreign(Placement.person_id), viewonly=True
    )

    @property
    def holds_place(self) -> bool:
        """Whether a place is theirs."""
        return self.status in HOLDS_A_PLACE


class Tally(Model):
    """A part of how many registrations of an event have a status; its parts together are the whole.

    Triggers of the database keep it with every registration that comes, changes or goes. There are several parts,
    some of them perhaps below zero, so that registrations at one time need not wait for each other.
    """

    __tablename__ = "tallies"
    __table_args__ = (Index("ix_tallies_event_id_status", "event_id", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(20))
    registrations: Mapped[int]


class Rsvp(Model):
    """A person's answer to the invitation to one session.

    `stamped_at` (UTC) is when their calendar says they gave it, `comment` what they wrote or proposed.
    """

    __tablename__ = "rsvps"
    __table_args__ = (Index("ix_rsvps_session_id", "session_id"),)

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    answer: Mapped[str] = mapped_column(String(20))
    comment: Mapped[str] = mapped_column(Text)
    stamped_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)

    registration: Mapped[Registration] = relationship(back_populates="rsvps")
    session: Mapped[Session] = relationship()


class Consent(Model):
    """What a person agreed to: the purpose, the exact wording's version, when, and through which door."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_registration_id", "registration_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    purpose: Mapped[str] = mapped_column(String(40))
    wording_version: Mapped[int]
    source: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    registration: Mapped[Registration] = relationship()


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
