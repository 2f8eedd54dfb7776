"""A service with nothing but its messaging, on each database that can be reached."""

import os
from typing import Any

import pytest
from flask import Flask

from shared.contracts import encode
from shared.contracts.listings import EventListed, Listing
from shared.contracts.notices import EventFacts
from shared.contracts.receipts import Outcome
from shared.database.db import connect, database
from shared.database.ids import new_id
from shared.database.utc import now
from shared.messaging import inbox
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import Ended, InboxRow
from shared.messaging.outbox import OutboxRow
from shared.messaging.queue import Queue

POSTGRES = os.environ.get("TEST_POSTGRES_URL")
NOBODY = "redis://127.0.0.1:1/0"
in_both_ways = pytest.mark.parametrize("leased", [True, False], ids=["leased", "in one transaction"], indirect=True)


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


def news(key: str = "k", ordinal: int = 1, **changes: Any) -> Envelope:
    """A message to handle."""
    facts = EventFacts(id="e", slug="s", title="t", url="u", timezone="Europe/London")
    body = encode(EventListed(event=facts, status=Listing.PUBLISHED, stated_at=now()))
    values = {"id": str(new_id()), "type": "event-listed", "version": 1, "key": key, "ordinal": ordinal}
    return Envelope(**{**values, "origin": "there", "bulk": False, "body": body, **changes})


class Handler:
    """A handler that counts its calls, and returns or raises the next of `results`; the last one again and again."""

    def __init__(self, world: World, *results: Any) -> None:
        self.calls = 0
        self.results = list(results) or [Ended(Outcome.DONE)]
        world.queue.receives(EventListed, leased=world.leased)(self)

    def __call__(self, message: EventListed) -> Any:
        self.calls += 1
        result = self.results[min(self.calls, len(self.results)) - 1]
        if isinstance(result, BaseException):
            raise result
        return result


def outcomes(world: World) -> list[str]:
    """The outcomes of all receipts that were sent, in order."""
    return [envelope.body["outcome"] for _, envelope in world.sent if envelope.type == "settled"]


def row(world: World, envelope: Envelope) -> Any:
    """The inbox row of a message, as it is stored."""
    world.db.session.expire_all()
    return world.db.session.query(world.Inbox).filter_by(key=envelope.key, ordinal=envelope.ordinal).one()


def retry_due(world: World) -> int:
    """The clock's job, with its commit."""
    count = inbox.retry_due(world.queue)
    world.db.session.commit()
    return count
