"""Receipts: the outcome of a message, sent back to the service that owed it."""

from datetime import datetime
from enum import StrEnum

from shared.contracts.contract import Message, contract


class Outcome(StrEnum):
    """The outcome of a message."""

    SENT = "sent"
    DONE = "done"
    SUPPRESSED = "suppressed"
    SUPERSEDED = "superseded"
    FAILED = "failed"


class Answer(StrEnum):
    """A person's answer to an invitation. Delegating sends another person; a counter proposes another time (RFC 5546,
    3.2.3 and 3.2.7)."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    DELEGATED = "delegated"
    COUNTER = "counter"


@contract("settled", receipt=True)
class Settled(Message):
    """The message `message_id` has reached its outcome, at `at` (UTC). It will not be retried."""

    message_id: str
    outcome: Outcome
    at: datetime
    detail: str = ""
    possibly_repeated: bool = False


@contract("rsvp-received")
class RsvpReceived(Message):
    """A person answered an invitation.

    `comment` names the delegate or the proposed time. `session_id` is empty for an answer to a whole series.
    `stamped_at` (UTC) is the DTSTAMP of the reply. `proved` means that the receiving server proved whom it comes from.
    """

    registration_id: str
    session_id: str
    answer: Answer
    stamped_at: datetime
    comment: str = ""
    proved: bool = False
