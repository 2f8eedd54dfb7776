"""Receipts: what became of a message, sent back to the service that owed it."""

from datetime import datetime
from enum import StrEnum

from shared.messages.contract import Message, contract


class Outcome(StrEnum):
    """How a message ended."""

    SENT = "sent"
    DONE = "done"
    SUPPRESSED = "suppressed"
    SUPERSEDED = "superseded"
    FAILED = "failed"


@contract("settled", receipt=True)
class Settled(Message):
    """The message `message_id` has ended; nothing more will be done about it. `at` is UTC."""

    message_id: str
    outcome: str
    at: datetime
    detail: str = ""
    possibly_repeated: bool = False


@contract("rsvp-received")
class RsvpReceived(Message):
    """A person answered an invitation: `answer` is accepted, tentative, declined, delegated or counter, and
    `comment` says to whom or which time instead. `session_id` is empty for an answer to a whole series;
    `stamped_at` is the reply's own DTSTAMP (UTC)."""

    registration_id: str
    session_id: str
    answer: str
    stamped_at: datetime
    comment: str = ""
