"""Calendar's tables: registrations as last stated, invitations, answers, public listings and mailboxes."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Dialect, ForeignKey, Index, String, Text, TypeDecorator
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.calendar.rules.answers import Asked, Known
from services.calendar.rules.invite import Sent
from services.calendar.rules.invite_plan import Series, Slot
from shared.contracts.listings import EventListed
from shared.contracts.listings import Listing as Status
from shared.contracts.notices import EventFacts, Method
from shared.contracts.receipts import Answer
from shared.database.db import database
from shared.database.types import EnumText, Json, UtcDateTime
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
    """The facts of an event, in the JSON of messages."""

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


class ShownEvent:
    """An event as a feed shows it, as stated at `stated_at` (UTC).

    `cancelled_at` holds the time of cancellation of each cancelled session (id → UTC, ISO 8601).
    """

    event: Mapped[EventFacts] = mapped_column(StoredEvent)
    cancelled_at: Mapped[dict[str, str]] = mapped_column(Json)
    stated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def show(self, event: EventFacts, *, cancelled: bool, stated_at: datetime) -> None:
        """Show the event. `cancelled` marks all its sessions as cancelled."""
        before = self.cancelled_at or {}
        self.event, self.stated_at = event, stated_at
        self.ends_at = max((session.ends_at for session in event.sessions), default=stated_at)
        self.cancelled_at = {
            session.id: before.get(session.id, stated_at.astimezone(UTC).isoformat())
            for session in event.sessions
            if session.cancelled or cancelled
        }


class Listing(ShownEvent, Model):
    """The public details of a published event."""

    __tablename__ = "listings"

    event_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    slug: Mapped[str] = mapped_column(String(200), index=True)
    status: Mapped[Status] = mapped_column(EnumText(Status))


class Registration(ShownEvent, Model):
    """A registration as its person last heard of it. `series` is set once an invite to a series was sent."""

    __tablename__ = "registrations"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(64), index=True)
    page_url: Mapped[str] = mapped_column(Text)
    series: Mapped[Series | None] = mapped_column(StoredSeries)
    invitations: Mapped[list["Invitation"]] = relationship(
        back_populates="registration", cascade="all, delete-orphan", passive_deletes=True
    )

    def invitation_to(self, part_id: str) -> "Invitation | None":
        """The invitation to one part of the event, or None if none was ever sent."""
        return next((invitation for invitation in self.invitations if invitation.part == part_id), None)


class Invitation(Model):
    """The invite to one part of an event, as it was last sent.

    `part` is the id of a session, or of the event if the invite is for a series. `shown` is the fingerprint of the
    content, `invited` the digest of the address it was sent to, `content` the text. `asked_sequence` and `asked_at`
    (UTC) are those of the first version with the present times: answers to earlier versions are stale.
    """

    __tablename__ = "invitations"
    __table_args__ = (Index("uq_invitations_registration_id_part", "registration_id", "part", unique=True),)

    uid: Mapped[str] = mapped_column(String(255), primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    part: Mapped[str] = mapped_column(String(64))
    method: Mapped[Method] = mapped_column(EnumText(Method, 10))
    sequence: Mapped[int]
    shown: Mapped[str] = mapped_column(String(64))
    stated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[str] = mapped_column(Text)
    invited: Mapped[str] = mapped_column(String(64))
    asked_sequence: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    registration: Mapped[Registration] = relationship(back_populates="invitations")
    rsvps: Mapped[list["Rsvp"]] = relationship(viewonly=True)

    @property
    def asked(self) -> Asked:
        """What the invite asks, as the rules see it."""
        return Asked(self.invited, self.asked_sequence, self.asked_at, is_withdrawn=self.method is Method.CANCEL)

    @property
    def known_answers(self) -> dict[str, Answer]:
        """The answers to the present times by session, except a No that was not proved."""
        return {
            rsvp.session_id: rsvp.answer
            for rsvp in self.rsvps
            if rsvp.sequence >= self.asked_sequence and (rsvp.proved or rsvp.answer is not Answer.DECLINED)
        }

    @property
    def last_sent(self) -> Sent:
        """The last version, as the rules see it."""
        return Sent(self.method, self.sequence, self.shown, self.stated_at)

    def remember(self, method: Method, sequence: int, *, shown: str, stated_at: datetime, invited: str) -> None:
        """Store what is about to be sent, except its content."""
        self.method, self.sequence = method, sequence
        self.shown, self.stated_at, self.invited = shown, stated_at, invited


class Rsvp(Model):
    """A person's last answer to an invitation. `session_id` is empty for an answer to a whole series.

    `stamped_at` (UTC) is the reply's DTSTAMP, which puts answers in order. `sequence` is that of the invite when it
    came; `changes` counts the answers. `proved` means that the receiving server proved whom it comes from.
    """

    __tablename__ = "rsvps"

    uid: Mapped[str] = mapped_column(ForeignKey("invitations.uid", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    answer: Mapped[Answer] = mapped_column(EnumText(Answer))
    stamped_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sequence: Mapped[int]
    proved: Mapped[bool]
    changes: Mapped[int]

    @property
    def known(self) -> Known:
        """The answer as the rules see it."""
        return Known(self.answer, self.stamped_at, self.proved)


class Mailbox(Model):
    """A mailbox on an IMAP server, and our position in it: the last UID read under UIDVALIDITY (RFC 9051, 2.3.1.1)."""

    __tablename__ = "mailboxes"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    uid_validity: Mapped[str] = mapped_column(String(20))
    last_uid: Mapped[int] = mapped_column(BigInteger)
