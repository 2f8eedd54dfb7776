"""Registrations, the answers to their invitations, and consents."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registration.models.base import Model
from services.registration.models.events import Event, Session
from services.registration.models.people import Person
from services.registration.rules.event_states import EventStatus
from services.registration.rules.form_history import GivenAnswers
from services.registration.rules.invitation_answers import Said, Summary
from services.registration.rules.places import ACTIVE, HOLDS_A_PLACE, Attendance, Status
from shared.database.ids import new_id
from shared.database.types import EnumText, Json, UtcDateTime


class Registration(Model):
    """A person at an event. `ordinal` rises with every notice about its status; `notified_revision` is the
    event revision that the last of them described; `search` is the folded text to search. `cancelled_by` is the kind
    of actor that cancelled it. `address_version` rises when the address is corrected: private links of earlier versions
    do not open any more.

    `earlier_answers` has the versions of the form of those answers that are older than `form_version`.
    `rsvp` sums up their answers to the invitations to all sessions; `rsvp_at` (UTC) is when they gave the last.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        UniqueConstraint("event_id", "person_id"),
        Index("ix_registrations_attendees", "event_id", "created_at", "id"),
        Index("ix_registrations_counts", "event_id", "status"),
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
    status: Mapped[Status] = mapped_column(EnumText(Status))
    attendance: Mapped[Attendance] = mapped_column(EnumText(Attendance), default=Attendance.UNKNOWN)
    name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    answers_version: Mapped[int] = mapped_column(default=1)
    form_version: Mapped[int]
    earlier_answers: Mapped[dict[str, int]] = mapped_column(Json, default=dict, server_default="{}")
    source: Mapped[str] = mapped_column(String(20))
    ordinal: Mapped[int] = mapped_column(default=0)
    notified_revision: Mapped[int] = mapped_column("told_revision", default=0)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    search: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by: Mapped[str | None] = mapped_column(String(20))
    address_version: Mapped[int] = mapped_column(default=0, server_default="0")
    rsvp: Mapped[Summary | None] = mapped_column(EnumText(Summary))
    rsvp_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_about_no_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    event: Mapped[Event] = relationship()
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    rsvps: Mapped[list["Rsvp"]] = relationship(back_populates="registration", cascade="all, delete-orphan")

    @classmethod
    def of(cls, person: Person, event: Event) -> "Registration":
        """A new registration, to be filled in and added to the session."""
        return cls(
            id=new_id(),
            person=person,
            person_id=person.id,
            event=event,
            event_id=event.id,
            attendance=Attendance.UNKNOWN,
            answers_version=0,
            ordinal=0,
            notified_revision=0,
            address_version=0,
        )

    @property
    def given(self) -> GivenAnswers:
        """The answers, with the versions of the form that they were given on."""
        return GivenAnswers(self.answers, self.form_version, self.earlier_answers or {})

    @given.setter
    def given(self, given: GivenAnswers) -> None:
        self.answers, self.form_version, self.earlier_answers = dict(given.answers), given.version, dict(given.earlier)

    @property
    def holds_place(self) -> bool:
        """True if they have a place."""
        return self.status in HOLDS_A_PLACE

    @property
    def cancelled_by_organisers(self) -> bool:
        """True if an organiser cancelled it, or a program of theirs."""
        return self.cancelled_by in ("organiser", "api")

    @property
    def is_active(self) -> bool:
        """True if neither the registration nor its event is cancelled."""
        return self.status in ACTIVE and self.event.status is not EventStatus.CANCELLED

    @property
    def can_change(self) -> bool:
        """True if it is active and its event is not over: only then people change or cancel it on pages."""
        return self.is_active and not self.event.is_over


class Rsvp(Model):
    """A person's answer to the invitation to one session.

    `stamped_at` (UTC) is when their calendar says they gave it, `comment` what they wrote or proposed.
    """

    __tablename__ = "rsvps"
    __table_args__ = (Index("ix_rsvps_session_id", "session_id"),)

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    answer: Mapped[Said] = mapped_column(EnumText(Said))
    comment: Mapped[str] = mapped_column(Text)
    stamped_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)

    registration: Mapped[Registration] = relationship(back_populates="rsvps")
    session: Mapped[Session] = relationship()


class Consent(Model):
    """A consent: its purpose, the exact wording's version, the time, and the interface."""

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
