"""Events, their sessions and the versions of their forms."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, composite, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from services.registration.models.base import Model, assign_details, read_details
from services.registration.rules.event_states import EventState, EventStatus, state_of
from services.registration.rules.events import EventDetails, SessionDetails
from services.registration.rules.invites import Invites
from services.registration.rules.places import is_full
from shared.database.ids import new_id
from shared.database.types import EnumText, Json, UtcDateTime
from shared.database.utc import now

if TYPE_CHECKING:
    from services.registration.models.programmes import Programme


class Event(Model):
    """A webinar or a meeting: one session or several.

    `version` rises with every change of what a page shows (`operations.listings.touch`). `revision` rises with every
    change that registrants are notified of, `changes` names what differs, and `notices_due` is True until all of them
    have their notice. `places_taken` counts the registrations that hold a place, and changes only in the
    transaction that changes one of them.
    """

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("places_taken >= 0", name="places_taken_not_negative"),
        Index("ix_events_telling", "id", sqlite_where=text("telling = 1"), postgresql_where=text("telling")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    timezone: Mapped[str] = mapped_column(String(60))
    status: Mapped[EventStatus] = mapped_column(EnumText(EventStatus), default=EventStatus.DRAFT)
    capacity: Mapped[int | None]
    waitlist: Mapped[bool] = mapped_column(default=True)
    takes_registrations: Mapped[bool] = mapped_column(default=True)
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    places_taken: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    form_version: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=1)
    changes: Mapped[list[str]] = mapped_column(Json, default=list)
    notices_due: Mapped[bool] = mapped_column("telling", default=False)
    invites: Mapped[Invites] = composite(
        mapped_column("asks_for_rsvp"),
        mapped_column("decline_frees_place"),
        mapped_column("reminder_minutes"),
        mapped_column("organiser_name", String(200)),
        mapped_column("organiser_email", String(320)),
    )
    cancel_reason: Mapped[str] = mapped_column(Text, default="")
    programme_id: Mapped[UUID | None] = mapped_column(ForeignKey("programmes.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    sessions: Mapped[list["Session"]] = relationship(
        order_by="Session.starts_at", back_populates="event", cascade="all, delete-orphan", lazy="selectin"
    )
    programme: Mapped["Programme | None"] = relationship()

    def take_over_places(self, places: Mapping[str, Any]) -> None:
        """Hold places as they were read by another query. This is no change, and nothing is written."""
        for name, value in places.items():
            set_committed_value(self, name, value)

    @property
    def details(self) -> EventDetails:
        """The event's details, without sessions and questions."""
        return read_details(EventDetails, self)

    @details.setter
    def details(self, details: EventDetails) -> None:
        assign_details(self, details)

    @property
    def state(self) -> EventState:
        """The event's state now."""
        return self.state_with(self.places_taken, self.waiting)

    def state_with(self, taken: int, waiting: int) -> EventState:
        """The event's state now, if so many places are taken and so many people wait."""
        return state_of(self.details, self.status, self.ends_at, taken=taken, waiting=waiting, at=now())

    @property
    def ends_at(self) -> datetime | None:
        """The end of the last session (UTC); None without sessions."""
        return max((session.ends_at for session in self.live_sessions), default=None)

    @property
    def is_over(self) -> bool:
        """True if all sessions that were to happen have ended, also of a draft and of a cancelled event."""
        return self.ends_at is not None and self.ends_at <= now()

    @property
    def is_full(self) -> bool:
        """True if every place is taken."""
        return is_full(self.capacity, self.places_taken)

    @property
    def live_sessions(self) -> list["Session"]:
        """The sessions that will happen."""
        return [session for session in self.sessions if session.cancelled_at is None]


class Session(Model):
    """One session of an event. Instants are UTC; people see them in the event's zone."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_event_id", "event_id"),
        Index("ix_sessions_starts_at", "starts_at", "id"),
        Index("ix_sessions_ends_at", "ends_at", "id"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200), default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    location: Mapped[str] = mapped_column(String(300), default="")
    join_url: Mapped[str | None] = mapped_column(String(1000))
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    event: Mapped[Event] = relationship(back_populates="sessions")

    @property
    def details(self) -> SessionDetails:
        """The session's details."""
        return read_details(SessionDetails, self)

    @details.setter
    def details(self, details: SessionDetails) -> None:
        assign_details(self, details)
