"""Summary of a person's answers to the invitations of all sessions of an event."""

from collections.abc import Collection
from enum import StrEnum

from shared.contracts.receipts import Answer

__all__ = ["Answer", "Summary", "summary"]


class Summary(StrEnum):
    """The answers to all sessions in one word: their common answer, or mixed."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    DELEGATED = "delegated"
    COUNTER = "counter"
    MIXED = "mixed"


def summary(answers: Collection[Answer | None]) -> Summary | None:
    """Sum up one answer a session, where None is a session without an answer. Returns None if no session has one."""
    different = set(answers)
    if len(different) > 1:
        return Summary.MIXED
    only = next(iter(different), None)
    return Summary(only) if only else None
