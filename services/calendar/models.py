"""Calendar's tables: registrations as last stated, invitations, answers, and public listings."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Dialect, ForeignKey, Index, String, Text, TypeDecorator
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.calendar.rules.invite import Method, Sent, Step
from services.calendar.rules.invite_plan import Series, Slot
from shared.contracts.listings import EventListed
from shared.contracts.notices import EventFacts
from shared.database.db import database
from shared.database.types import Json, UtcDateTime
from shared.messaging.inbox import InboxRow
from shared.messaging.outbox import OutboxRow
from shared.messaging.queue import Queue
from shared.runtime.heartbeat import HeartbeatRow

db = database()
if TYPE_CHECKING:
    from shared.database.db import Base as Model
else:
    Model = db.Model


class Outbox(OutboxRow, Model):
    """Messages that calendar owes."""


class Inbox(InboxRow, Model):
    """Messages that calendar has received."""


class Heartbeat(HeartbeatRow, Model):
    """When calendar's clock was last seen."""


queue = Queue("calendar", db, outbox_table=Outbox, inbox_table=Inbox)


class StoredEvent(TypeDecorator[EventFacts]):
    """The facts of an event, as messages carry them."""

    impl = Json
    cache_ok = True
    schema: Any = EventListed.wire_schema.fields["event"].schema  # type: ignore[attr-defined]

    def process_bind_param(self, value: EventFacts | None, dialect: Dialect) -> Any:
        return value and self.schema.dump(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> EventFacts | None:
        event: EventFacts | None = value and self.schema.load(value)
        return event


class StoredSeries(TypeDecorator[Series]):
    """A series: its rule, and its slots as [start in UTC, session id]."""

    impl = Json
    cache_ok = True

    def process_bind_param(self, value: Series | None, dialect: Dialect) -> Any:
        return value and {
            "rule": value.rule,
            "in_utc": value.in_utc,
            "slots": [[slot.starts_at.isoformat(), slot.session_id] for slot in value.slots],
        }

    def process_result_value(self, value: Any, dialect: Dialect) -> Series | None:
        if not value:
            return None
        slots = tuple(Slot(datetime.fromisoformat(start), session) for start, session in value["slots"])
        return Series(value["rule"], slots, in_utc=value.get("in_utc", False))


class Shown:
    """An event as one calendar shows it, as stated at `stated_at` (UTC).

    `cancelled_at` tells of each cancelled session since when it has been (id → UTC, ISO 8601).
    """

    event: Mapped[EventFacts] = mapped_column(StoredEvent)
    cancelled_at: Mapped[dict[str, str]] = mapped_column(Json)
    stated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def show(self, event: EventFacts, *, stands: bool, stated_at: datetime) -> None:
        """Show the event; all of it is cancelled unless it stands."""
        before = self.cancelled_at or {}
        self.event, self.stated_at = event, stated_at
        self.ends_at = max((session.ends_at for session in event.sessions), default=stated_at)
        self.cancelled_at = {
            session.id: before.get(session.id, stated_at.astimezone(UTC).isoformat())
            for session in event.sessions
            if session.cancelled or not stands
        }


class Listing(Shown, Model):
    """A published event as everybody may see it."""

    __tablename__ = "listings"

    event_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    slug: Mapped[str] = mapped_column(String(200), index=True)
    status: Mapped[str] = mapped_column(String(20))


class Registration(Shown, Model):
    """A registration as its person was last told of it. `series` is kept once an invite to one was sent."""

    __tablename__ = "registrations"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(64), index=True)
    page_url: Mapped[str] = mapped_column(Text)
    series: Mapped[Series | None] = mapped_column(StoredSeries)
    invitations: Mapped[list["Invitation"]] = relationship(
        back_populates="registration", cascade="all, delete-orphan", passive_deletes=True
    )

    def invitation_to(self, part_id: str) -> "Invitation | None":
        """The invitation to one part of the event, if one was ever sent."""
        return next((invitation for invitation in self.invitations if invitation.part == part_id), None)


class Invitation(Model):
    """The invite to one part of a registration: what was last sent of it, to the byte.

    `part` is the id of a session, or of the event where the invite is to a series; `shown` the digest of
    what it showed; `invited` the digest of the address it went to.
    """

    __tablename__ = "invitations"
    __table_args__ = (Index("uq_invitations_registration_id_part", "registration_id", "part", unique=True),)

    uid: Mapped[str] = mapped_column(String(255), primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    part: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(10))
    sequence: Mapped[int]
    shown: Mapped[str] = mapped_column(String(64))
    stated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[str] = mapped_column(Text)
    invited: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    registration: Mapped[Registration] = relationship(back_populates="invitations")

    @property
    def last_sent(self) -> Sent:
        """The invitation as the rules see it."""
        return Sent(Method(self.method), self.sequence, self.shown, self.stated_at)

    def remember(self, step: Step, *, shown: str, stated_at: datetime, invited: str) -> None:
        """Note what is about to be sent; its content follows."""
        self.method, self.sequence = step.method or "", step.sequence
        self.shown, self.stated_at, self.invited = shown, stated_at, invited


class Rsvp(Model):
    """A person's answer to an invitation. `session_id` is empty for an answer to a whole series.

    `stamped_at` is the reply's DTSTAMP (UTC), by which a late arrival is told; `changes` counts the answers.
    """

    __tablename__ = "rsvps"

    uid: Mapped[str] = mapped_column(ForeignKey("invitations.uid", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    answer: Mapped[str] = mapped_column(String(20))
    stamped_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changes: Mapped[int]


class Mailbox(Model):
    """The position in a mailbox on an IMAP server: the last UID read under its UIDVALIDITY (RFC 9051, 2.3.1)."""

    __tablename__ = "mailboxes"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    uid_validity: Mapped[str] = mapped_column(String(20))
    last_uid: Mapped[int] = mapped_column(BigInteger)
