"""What people said to the invitations: to each session, and to the event as a whole."""

from collections.abc import Collection
from enum import StrEnum

from shared.contracts.receipts import Answer

__all__ = ["Answer", "Said", "Summary", "said", "summary"]


class Said(StrEnum):
    """What a person said to the invitation to one session. A No counts only if the receiving server proved its sender
    or the person confirmed it."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    DECLINED_UNPROVED = "declined_unproved"
    DELEGATED = "delegated"
    COUNTER = "counter"


class Summary(StrEnum):
    """What a person said to all sessions: the same to each, or mixed."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    DECLINED_UNPROVED = "declined_unproved"
    DELEGATED = "delegated"
    COUNTER = "counter"
    MIXED = "mixed"


def said(answer: Answer, *, proved: bool) -> Said:
    """An answer as it counts. Only a No takes something away, so only a No has to be proved."""
    return Said.DECLINED_UNPROVED if answer is Answer.DECLINED and not proved else Said(answer)


def summary(answers: Collection[Said | None]) -> Summary | None:
    """Sum up one answer a session, where None is a session without an answer. Returns None if no session has one.

    A No to all sessions is proved only if each No is.
    """
    different = set(answers)
    if different == {Said.DECLINED, Said.DECLINED_UNPROVED}:
        return Summary.DECLINED_UNPROVED
    if len(different) > 1:
        return Summary.MIXED
    only = next(iter(different), None)
    return Summary(only) if only else None
