"""What notifications keeps: its deliveries, the addresses it must not write to, and what it owes."""

import hashlib
import hmac
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.db import database
from shared.database.types import UtcDateTime
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
    """What notifications owes others."""


class Delivery(InboxRow, Model):
    """One mail: from the message that asks for it to what the relay said.

    The handler fills in the columns below when it is done; what the relay said is in `detail`. The
    address is kept in `envelope` until the mail is settled, and nowhere after.
    """

    kind: Mapped[str | None] = mapped_column(String(40))
    registration_id: Mapped[str | None] = mapped_column(String(60), index=True)
    message_id_header: Mapped[str | None] = mapped_column(String(320))
    seconds_taken: Mapped[float | None]


class Heartbeat(HeartbeatRow, Model):
    """When the clock was last seen."""


class Suppression(Model):
    """An address that gets no more mail, known by its digest only, and why."""

    __tablename__ = "suppression"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    since: Mapped[datetime] = mapped_column(UtcDateTime)

    @classmethod
    def reason_for(cls, address: str) -> str | None:
        """Why `address` gets no more mail; None where it does."""
        reason: str | None = db.session.connection().scalar(REASON, {"digest": digest_of(address)})
        return reason

    @classmethod
    def start(cls, address: str, reason: str) -> None:
        """Write to `address` no more, from now on. The first reason stays."""
        if cls.reason_for(address) is None:
            db.session.add(cls(digest=digest_of(address), reason=reason, since=now()))


REASON = select(Suppression.reason).where(Suppression.digest == bindparam("digest"))


class Pace(Model):
    """When the next mail may go to a relay, in seconds since 1970 by the database's clock."""

    __tablename__ = "pace"

    relay: Mapped[str] = mapped_column(String(200), primary_key=True)
    next_at: Mapped[float]


class Line(Model):
    """One of the connections that may be open to a relay, and the process that holds it until then (UTC)."""

    __tablename__ = "line"

    relay: Mapped[str] = mapped_column(String(200), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(200))
    until: Mapped[datetime] = mapped_column(UtcDateTime)


def digest_of(address: str) -> str:
    """A keyed digest of an address, the same however its letters are cased or composed."""
    plain = unicodedata.normalize("NFC", address.strip()).casefold()
    return hmac.new(current_app.config["SECRET_KEY"].encode(), plain.encode(), hashlib.sha256).hexdigest()


queue = Queue("notifications", db, outbox_table=Outbox, inbox_table=Delivery)
