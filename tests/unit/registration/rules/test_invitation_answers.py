"""The rules about answers to invitations, and about an organiser's choices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.rules.invitation_answers import Answer, Said, Summary, said, summary
from services.registration.rules.invites import Invites, answers_reach_us, validate_invites

answers = st.none() | st.sampled_from(Said)


@given(st.lists(answers, max_size=8))
def test_only_what_was_answered_to_every_session_is_the_answer_to_all(given: list[Said | None]) -> None:
    found = summary(given)
    if found is Summary.MIXED:
        assert len(set(given)) > 1
    elif found is Summary.DECLINED_UNPROVED:
        assert {Said.DECLINED_UNPROVED} <= set(given) <= {Said.DECLINED, Said.DECLINED_UNPROVED}
    else:
        assert set(given) <= {found}


def test_only_a_no_has_to_be_proved() -> None:
    assert said(Answer.DECLINED, proved=False) is Said.DECLINED_UNPROVED
    assert [said(answer, proved=True).value for answer in Answer] == [answer.value for answer in Answer]
    others = [answer for answer in Answer if answer is not Answer.DECLINED]
    assert [said(answer, proved=False).value for answer in others] == [answer.value for answer in others]


def test_nobody_who_has_not_answered_has_an_answer() -> None:
    assert summary([]) is None
    assert summary([None, None]) is None


def test_the_usual_choices_are_in_order() -> None:
    assert validate_invites(Invites()) == {}


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        (Invites(asks_for_rsvp=False, decline_frees_place=True), "decline_frees_place"),
        (Invites(reminder_minutes=-1), "reminder_minutes"),
        (Invites(reminder_minutes=40_321), "reminder_minutes"),
    ],
)
def test_a_choice_that_cannot_be_is_named(choices: Invites, field: str) -> None:
    assert list(validate_invites(choices)) == [field]


def test_answers_reach_us_only_at_the_address_that_sends() -> None:
    assert answers_reach_us(Invites(), "events@example.org")
    assert answers_reach_us(Invites(organiser_email="Events@example.org"), "events@example.org")
    assert not answers_reach_us(Invites(organiser_email="ada@example.org"), "events@example.org")
