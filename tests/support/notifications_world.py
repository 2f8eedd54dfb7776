"""Notifications with a database of its own, and mails that others owe."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from services.notifications import create_app
from services.notifications.models import Delivery, db, queue
from shared.contracts import Message, decode, encode
from shared.contracts.receipts import Settled
from shared.database.ids import new_id
from shared.database.utc import now
from shared.messaging.envelope import Envelope
from tests.support.migrated import migrate

KEY = "registration 1"


class World:
    """The service as the broker sees it: messages go in by `handle`, receipts come out in `receipts`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
        environment = {
            "SECRET_KEY": "a secret for tests only, long enough",
            "NOTIFICATIONS_DATABASE_URL": f"sqlite:///{folder / 'notifications.db'}",
            "BROKER_URL": "redis://127.0.0.1:1/0",
            "MAIL_FROM": "Example Foundation <events@example.org>",
            "SMTP_TIMEOUT": "5",
            "LOG_LEVEL": "error",
        }
        self.app: Flask = create_app(environment | settings)
        self.sent: list[tuple[str, Envelope]] = []
        monkeypatch.setattr(queue, "send", lambda to, envelope: self.sent.append((to, envelope)))
        migrate(self.app)

    @property
    def receipts(self) -> list[Message]:
        """What the origin has been told."""
        return [decode(one.type, one.version, one.body) for to, one in self.sent if to == "registration"]

    def handle(self, envelope: Envelope) -> None:
        """Let a message arrive from the broker."""
        with self.app.app_context():
            queue.handle(envelope)

    def delivery(self, envelope: Envelope) -> Delivery:
        """What is kept of a mail."""
        with self.app.app_context():
            return db.session.get_one(Delivery, UUID(envelope.id))

    def let_the_pause_end(self, envelope: Envelope) -> None:
        """Make it as if the time to try again had come."""
        with self.app.app_context():
            db.session.get_one(Delivery, UUID(envelope.id)).paused_until = now() - timedelta(seconds=1)
            db.session.commit()

    def let_the_lease_run_out(self, envelope: Envelope) -> None:
        """Make it as if whoever claimed the mail had gone silent long ago."""
        with self.app.app_context():
            db.session.get_one(Delivery, UUID(envelope.id)).lease_until = now() - timedelta(seconds=1)
            db.session.commit()


def owed(message: Message, *, ordinal: int = 1, key: str = KEY) -> Envelope:
    """A message as registration owes it."""
    return Envelope(
        str(new_id()), message.wire_name, message.wire_version, key, ordinal, "registration", False, encode(message)
    )


def only_receipt(world: World) -> Settled:
    """What the origin has been notified of, where that is one outcome."""
    (receipt,) = world.receipts
    assert isinstance(receipt, Settled)
    return receipt
