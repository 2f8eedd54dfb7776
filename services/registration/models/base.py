"""The service's database, its outbox and inbox, and copying details into models."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from shared.database.db import database
from shared.messaging.inbox import InboxRow
from shared.messaging.outbox import OutboxRow
from shared.messaging.queue import Queue
from shared.runtime.heartbeat import HeartbeatRow

db = database()

if TYPE_CHECKING:
    from shared.database.db import Base

    Model = Base
else:
    Model = db.Model


class Outbox(OutboxRow, Model):
    """Notices owed to people, and listings owed to calendars."""


class Inbox(InboxRow, Model):
    """Answers to invitations, from calendar."""


class Heartbeat(HeartbeatRow, Model):
    """When the clock was last seen."""


queue = Queue("registration", db, outbox_table=Outbox, inbox_table=Inbox)

D = TypeVar("D")


def read_details(kind: type[D], model: Any) -> D:
    """Read a details dataclass from a model's columns of the same names."""
    return kind(**{one.name: getattr(model, one.name) for one in fields(kind)})  # type: ignore[arg-type]


def assign_details(model: Any, details: Any) -> None:
    """Copy the fields of a details dataclass into a model's columns."""
    for one in fields(details):
        setattr(model, one.name, getattr(details, one.name))
