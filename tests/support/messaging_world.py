"""A service with nothing but its messaging, on each database that can be reached."""

import os
from typing import Any

from flask import Flask

from shared.database.db import connect, database
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import InboxRow
from shared.messaging.outbox import OutboxRow
from shared.messaging.queue import Queue

POSTGRES = os.environ.get("TEST_POSTGRES_URL")
NOBODY = "redis://127.0.0.1:1/0"


class World:
    """The service, what it sent, and handlers to replace."""

    def __init__(self, database_url: str) -> None:
        self.db = db = database()

        class Outbox(OutboxRow, db.Model):  # type: ignore[name-defined,misc]
            pass

        class Inbox(InboxRow, db.Model):  # type: ignore[name-defined,misc]
            pass

        self.Outbox: Any = Outbox
        self.Inbox: Any = Inbox
        self.queue = Queue("here", db, outbox_table=Outbox, inbox_table=Inbox)
        self.leased = True
        self.app = Flask("here")
        connect(self.app, db, database_url, durable=True)
        self.queue.init_app(self.app, NOBODY)
        self.sent: list[tuple[str, Envelope]] = []
        self.queue.send = lambda to, envelope: self.sent.append((to, envelope))  # type: ignore[method-assign]
