"""The summary of a person's answers to the invitations of an event's sessions."""

from collections.abc import Collection
from enum import StrEnum

from shared.contracts.receipts import Answer

__all__ = ["Answer", "Summary", "summary"]


class Summary(StrEnum):
    """The answers to all sessions in one word: the answer to each of them, or mixed."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    DELEGATED = "delegated"
    COUNTER = "counter"
    MIXED = "mixed"


def summary(answers: Collection[Answer | None]) -> Summary | None:
    """The answers to all sessions of an event, None for a session without one; None where there is none at all."""
    different = set(answers)
    if len(different) > 1:
        return Summary.MIXED
    only = next(iter(different), None)
    return Summary(only) if only else None
