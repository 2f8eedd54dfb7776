"""What somebody's answers to the invitations to an event's sessions come to."""

from collections.abc import Collection
from enum import StrEnum


class Rsvp(StrEnum):
    """What somebody answered. They delegate where they send somebody else; a counter proposes another time."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    DELEGATED = "delegated"
    COUNTER = "counter"
    MIXED = "mixed"


IN_WORDS = {
    Rsvp.ACCEPTED: "accepted",
    Rsvp.TENTATIVE: "perhaps",
    Rsvp.DECLINED: "declined",
    Rsvp.DELEGATED: "sends somebody else",
    Rsvp.COUNTER: "proposes another time",
    Rsvp.MIXED: "differs by session",
}


def summary(answers: Collection[str | None]) -> Rsvp | None:
    """The answer to a whole event: that to each of its sessions, None where there is none.

    Only what was answered to every session is the answer to all of them; anything else is mixed.
    """
    different = set(answers)
    if len(different) > 1:
        return Rsvp.MIXED
    only = next(iter(different), None)
    return Rsvp(only) if only else None
