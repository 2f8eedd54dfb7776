"""The service's database and its end of the road."""

from typing import TYPE_CHECKING

from shared.db import database
from shared.heartbeat import HeartbeatRow
from shared.inbox import InboxRow
from shared.outbox import OutboxRow
from shared.queue import Queue

db = database()

if TYPE_CHECKING:
    from shared.db import Base

    Model = Base
else:
    Model = db.Model


class Outbox(OutboxRow, Model):
    """Notices owed to people, and listings owed to calendars."""


class Inbox(InboxRow, Model):
    """RSVPs and bounces received."""


class Heartbeat(HeartbeatRow, Model):
    """When the clock was last seen."""


queue = Queue("registration", db, outbox_table=Outbox, inbox_table=Inbox)
