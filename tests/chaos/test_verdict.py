"""The judge sees what is wrong: a judge that always acquits would prove nothing."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.chaos.relay import Arrival
from tests.chaos.verdict import Act, Facts, Owed, Registered, judge

ADA = UUID(int=1)
FIRST, SECOND = UUID(int=11), UUID(int=12)


def owed(message_id: UUID, ordinal: int, kind: str, **changes: Any) -> Owed:
    return replace(Owed(message_id, str(ADA), ordinal, kind, "sent", False, 0.0), **changes)


def arrival(message_id: UUID, at: float, sequence: int, **changes: Any) -> Arrival:
    return replace(Arrival(at, "ada@example.org", message_id, "REQUEST", "uid", sequence, "/x", True), **changes)


GOOD = Facts(
    acts=[Act("ada@example.org", "register", True), Act("ada@example.org", "cancel", True)],
    registered=[Registered(ADA, "ada@example.org", "cancelled")],
    owed=[owed(FIRST, 1, "confirmed"), owed(SECOND, 2, "cancelled")],
    arrivals=[arrival(FIRST, 1.0, 0), arrival(SECOND, 2.0, 1)],
    unsettled=0,
    in_flight=1,
)


def test_a_person_who_was_told_all_in_order_is_well_served() -> None:
    assert judge(GOOD).problems == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"arrivals": GOOD.arrivals[:1]}, "counts as sent and never arrived"),
        ({"arrivals": []}, "is registered and got no mail"),
        ({"arrivals": [arrival(SECOND, 1.0, 1), arrival(FIRST, 2.0, 0)]}, "arrived after something newer"),
        ({"arrivals": [arrival(FIRST, 1.0, 5), arrival(SECOND, 2.0, 1)]}, "has a SEQUENCE that fell"),
        ({"arrivals": [*GOOD.arrivals, arrival(SECOND, 3.0, 1)]}, "arrived 2 times and is not marked"),
        ({"arrivals": [*GOOD.arrivals, arrival(UUID(int=13), 3.0, 2)]}, "arrived that nobody owed"),
        ({"registered": []}, "was told 'register' and is not registered"),
        ({"registered": [Registered(ADA, "ada@example.org", "confirmed")]}, "cancelled and is confirmed"),
        ({"owed": [GOOD.owed[0], owed(SECOND, 2, "changed")]}, "is cancelled and was last told changed"),
        ({"owed": [GOOD.owed[0], owed(SECOND, 2, "cancelled", outcome="failed")]}, "failed"),
        ({"owed": [GOOD.owed[0], owed(SECOND, 2, "cancelled", outcome="superseded")]}, "was superseded by nothing"),
        ({"unsettled": 3}, "3 messages were not settled in time"),
    ],
)
def test_whatever_is_wrong_is_found(changes: dict[str, Any], problem: str) -> None:
    assert any(problem in found for found in judge(replace(GOOD, **changes)).problems)


def test_a_repeat_that_is_marked_is_only_counted() -> None:
    marked = [GOOD.owed[0], owed(SECOND, 2, "cancelled", possibly_repeated=True)]
    verdict = judge(replace(GOOD, owed=marked, arrivals=[*GOOD.arrivals, arrival(SECOND, 3.0, 1)]))
    assert verdict.problems == []
    assert verdict.figures["arrived twice"] == "1"


def test_more_repeats_than_there_were_mails_in_flight_are_too_many() -> None:
    marked = [GOOD.owed[0], owed(SECOND, 2, "cancelled", possibly_repeated=True)]
    twice = [*GOOD.arrivals, arrival(SECOND, 3.0, 1)]
    assert judge(replace(GOOD, owed=marked, arrivals=twice, in_flight=0)).problems == [
        "1 arrived twice, but only 0 were never answered for and 0 in flight"
    ]
    unanswered = [*GOOD.arrivals[:1], arrival(SECOND, 2.0, 1, answered=False), arrival(SECOND, 3.0, 1)]
    assert judge(replace(GOOD, owed=marked, arrivals=unanswered, in_flight=0)).problems == []


def test_somebody_whose_browser_saw_a_failure_is_told_all_the_same() -> None:
    failed = [Act("ada@example.org", "register", False)]
    silent = replace(GOOD, acts=failed, arrivals=[], owed=[])
    assert judge(silent).problems == ["ada@example.org is registered and got no mail"]


def test_one_whom_the_relay_does_not_know_may_fail() -> None:
    facts = replace(
        GOOD,
        acts=[],
        registered=[Registered(ADA, "refused-1@example.org", "confirmed")],
        owed=[owed(FIRST, 1, "confirmed", outcome="failed")],
        arrivals=[],
    )
    assert judge(facts).problems == []
