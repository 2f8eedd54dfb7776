"""Everything that a page can name has words of its own."""

from collections.abc import Mapping
from enum import StrEnum

import pytest

from services.registration.models import PlacementStatus
from services.registration.rules.event_states import EventState
from services.registration.rules.invitation_answers import Answer, Summary
from services.registration.rules.places import Status
from services.registration.rules.routing import RoutingOutcome
from services.registration.web import words
from shared.contracts.notices import Kind
from shared.contracts.receipts import Outcome
from shared.messaging.outbox_queries import RowState

OUTCOMES_OF_MAILS = set(Outcome) - {Outcome.DONE}  # only messages that lead to no mail are simply done


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (EventState, words.EVENT_STATE),
        (Status, words.REGISTRATION),
        (PlacementStatus, words.PLACEMENT),
        (RoutingOutcome, words.SUGGESTION),
        (Answer, words.RSVP),
        (Summary, words.RSVP),
        (RowState, words.MAIL_STATE),
        (Kind, words.MAIL),
        (Kind, words.LAST_NOTICE),
        (PlacementStatus, words.LAST_NOTICE),
    ],
)
def test_every_value_has_words(values: type[StrEnum], named: Mapping[str, str]) -> None:
    assert [value for value in values if value not in named] == []


def test_every_outcome_of_a_mail_has_words_on_the_timeline() -> None:
    assert {f"mail {outcome}" for outcome in OUTCOMES_OF_MAILS} <= words.ACT.keys()
