"""Receipts: what became of a message, sent back to the service that owed it."""

from datetime import datetime
from enum import StrEnum

from shared.contracts.contract import Message, contract


class Outcome(StrEnum):
    """How a message ended."""

    SENT = "sent"
    DONE = "done"
    SUPPRESSED = "suppressed"
    SUPERSEDED = "superseded"
    FAILED = "failed"


class Answer(StrEnum):
    """A person's answer to an invitation. They delegate where they send somebody else; a counter proposes another
    time (RFC 5546, 3.2.3 and 3.2.7)."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    DELEGATED = "delegated"
    COUNTER = "counter"


@contract("settled", receipt=True)
class Settled(Message):
    """The message `message_id` has ended; nothing more will be done about it. `at` is UTC."""

    message_id: str
    outcome: Outcome
    at: datetime
    detail: str = ""
    possibly_repeated: bool = False


@contract("rsvp-received")
class RsvpReceived(Message):
    """A person answered an invitation. `comment` says to whom they delegate, or which time they propose; `session_id`
    is empty for an answer to a whole series; `stamped_at` (UTC) is the reply's own DTSTAMP."""

    registration_id: str
    session_id: str
    answer: Answer
    stamped_at: datetime
    comment: str = ""
