"""The tables of notifications: deliveries, suppressions, the outbox, and limits for each relay."""

import hashlib
import hmac
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.notices import Kind
from shared.database.db import database
from shared.database.types import EnumText, UtcDateTime
from shared.database.utc import now
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
    """Messages that notifications owes to other services."""


class Delivery(InboxRow, Model):
    """One mail, from the message that asks for it to the relay's answer.

    The handler fills in the columns below when it has finished; `detail` holds the relay's answer. Only
    `envelope` holds the address, until the mail is settled.
    """

    kind: Mapped[Kind | None] = mapped_column(EnumText(Kind, 40))
    registration_id: Mapped[str | None] = mapped_column(String(60), index=True)
    message_id_header: Mapped[str | None] = mapped_column(String(320))
    seconds_taken: Mapped[float | None]


class Heartbeat(HeartbeatRow, Model):
    """When the clock last ran."""


class Suppression(Model):
    """An address that gets no more mail, kept only as a digest, and the reason."""

    __tablename__ = "suppression"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    since: Mapped[datetime] = mapped_column(UtcDateTime)

    @classmethod
    def reason_for(cls, address: str) -> str | None:
        """Why `address` gets no more mail; None if it may get mail."""
        reason: str | None = db.session.connection().scalar(REASON, {"digest": digest_of(address)})
        return reason

    @classmethod
    def start(cls, address: str, reason: str) -> None:
        """Send no more mail to `address`. The first reason stays."""
        if cls.reason_for(address) is None:
            db.session.add(cls(digest=digest_of(address), reason=reason, since=now()))


REASON = select(Suppression.reason).where(Suppression.digest == bindparam("digest"))


class RateLimitTurn(Model):
    """When the next mail may go to a relay, in seconds since 1970 by the database's clock."""

    __tablename__ = "rate_limit_turn"

    relay: Mapped[str] = mapped_column(String(200), primary_key=True)
    next_at: Mapped[float]


class ConnectionSlot(Model):
    """One of the connections that may be open to a relay; process `holder` has it until `until` (UTC)."""

    __tablename__ = "connection_slot"

    relay: Mapped[str] = mapped_column(String(200), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(200))
    until: Mapped[datetime] = mapped_column(UtcDateTime)


def digest_of(address: str) -> str:
    """A keyed digest of an address; letter case and Unicode composition make no difference."""
    plain = unicodedata.normalize("NFC", address.strip()).casefold()
    return hmac.new(current_app.config["SECRET_KEY"].encode(), plain.encode(), hashlib.sha256).hexdigest()


queue = Queue("notifications", db, outbox_table=Outbox, inbox_table=Delivery)
