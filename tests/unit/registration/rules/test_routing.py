"""Who goes to which cohort, and why."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.demo.rules import COMMUNITY, COMMUNITY_RULES, PILOT, PILOT_RULES
from services.registration.rules.conditions import Condition, Operator, facts_of
from services.registration.rules.routing import (
    CohortRules,
    Decision,
    PairPolicy,
    RoutingOutcome,
    Rule,
    Ruleset,
    decide,
    read_rules,
    rules_as_data,
)

SEED = Ruleset(
    version=1,
    cohorts=(
        CohortRules(COMMUNITY, "community of practice", COMMUNITY_RULES),
        CohortRules(PILOT, "funder pilot", PILOT_RULES),
    ),
    pair_policy=PairPolicy.FIRST_CHOICE,
)
TYPES = (
    "place_organisation",
    "community_organisation",
    "charity",
    "council",
    "funder",
    "funder_and_place",
    "other",
    "",
)
STAGES = ("intention", "established", "connection", "mutuality", "systemic", "not_sure", "")
INTERESTS = ("webinar", "community_of_practice", "funder_pilot")
CHOICES = ("community_of_practice", "funder_pilot", "no_preference", "")
EVERY_SET_OF_INTERESTS = [
    [i for i, ticked in zip(INTERESTS, bits, strict=True) if ticked] for bits in product((0, 1), repeat=3)
]

answers = st.fixed_dictionaries(
    {
        "organisation_type": st.sampled_from(TYPES),
        "stage": st.sampled_from(STAGES),
        "interests": st.lists(st.sampled_from(INTERESTS), unique=True),
        "first_choice": st.sampled_from(CHOICES),
    }
)


def route(**given_answers: object) -> dict[str, RoutingOutcome]:
    decision = decide(facts_of(given_answers), SEED)
    return {verdict.cohort: verdict.outcome for verdict in decision.verdicts}


def test_somebody_who_asked_for_nothing_is_put_nowhere() -> None:
    assert route(organisation_type="charity", interests=["webinar"]) == {
        COMMUNITY: RoutingOutcome.NOT_ASKED,
        PILOT: RoutingOutcome.NOT_ASKED,
    }


@pytest.mark.parametrize(
    "kind", ["place_organisation", "community_organisation", "charity", "council", "funder_and_place"]
)
def test_a_place_that_asks_is_placed_in_the_community(kind: str) -> None:
    assert route(organisation_type=kind, interests=["community_of_practice"])[COMMUNITY] is RoutingOutcome.PLACE


@pytest.mark.parametrize("kind", ["funder", "funder_and_place"])
def test_a_funder_that_asks_is_placed_in_the_pilot(kind: str) -> None:
    assert route(organisation_type=kind, interests=["funder_pilot"])[PILOT] is RoutingOutcome.PLACE


def test_a_funder_who_asks_for_the_community_is_looked_at_by_a_person() -> None:
    assert route(organisation_type="funder", interests=["community_of_practice"])[COMMUNITY] is RoutingOutcome.REVIEW


def test_a_place_that_asks_for_the_pilot_is_looked_at_by_a_person() -> None:
    assert route(organisation_type="council", interests=["funder_pilot"])[PILOT] is RoutingOutcome.REVIEW


def test_an_unknown_kind_of_organisation_is_looked_at_by_a_person() -> None:
    assert route(interests=["community_of_practice", "funder_pilot"]) == {
        COMMUNITY: RoutingOutcome.REVIEW,
        PILOT: RoutingOutcome.REVIEW,
    }


def test_the_first_choice_settles_who_fits_both() -> None:
    both = ["community_of_practice", "funder_pilot"]
    assert route(organisation_type="funder_and_place", interests=both, first_choice="funder_pilot") == {
        COMMUNITY: RoutingOutcome.SET_ASIDE,
        PILOT: RoutingOutcome.PLACE,
    }


@pytest.mark.parametrize("choice", ["no_preference", ""])
def test_without_a_first_choice_a_person_looks_at_who_fits_both(choice: str) -> None:
    both = ["community_of_practice", "funder_pilot"]
    assert route(organisation_type="funder_and_place", interests=both, first_choice=choice) == {
        COMMUNITY: RoutingOutcome.REVIEW,
        PILOT: RoutingOutcome.REVIEW,
    }


def test_every_combination_of_answers_has_an_outcome_and_every_rule_is_reached() -> None:
    reached: set[tuple[str, int | None]] = set()
    for kind, stage, interests, choice in product(TYPES, STAGES, EVERY_SET_OF_INTERESTS, CHOICES):
        facts = facts_of({"organisation_type": kind, "stage": stage, "interests": interests, "first_choice": choice})
        decision = decide(facts, SEED)
        assert [verdict.cohort for verdict in decision.verdicts] == [COMMUNITY, PILOT]
        reached |= {(verdict.cohort, verdict.rule) for verdict in decision.verdicts}
    of_community = {(COMMUNITY, number) for number in range(1, len(COMMUNITY_RULES) + 1)}
    of_pilot = {(PILOT, number) for number in range(1, len(PILOT_RULES) + 1)}
    assert reached == of_community | of_pilot


@given(answers)
def test_stage_never_changes_a_decision(given_answers: dict[str, object]) -> None:
    unstaged = {key: value for key, value in given_answers.items() if key != "stage"}
    assert decide(facts_of(given_answers), SEED) == decide(facts_of(unstaged), SEED)


@given(answers, st.text(), st.emails())
def test_a_decision_is_blind_to_name_and_address(given_answers: dict[str, object], name: str, email: str) -> None:
    named = {**given_answers, "name": name, "email": email}
    assert decide(facts_of(named), SEED) == decide(facts_of(given_answers), SEED)


@given(answers)
def test_nobody_is_refused_by_a_rule(given_answers: dict[str, object]) -> None:
    for verdict in decide(facts_of(given_answers), SEED).verdicts:
        asked = verdict.cohort.replace("-", "_") in given_answers["interests"]  # type: ignore[operator]
        assert verdict.asked == asked
        assert verdict.outcome is not RoutingOutcome.NOT_ASKED or not asked


conditions = st.builds(
    Condition,
    st.sampled_from(("a", "b")),
    st.sampled_from(list(Operator)),
    st.lists(st.sampled_from("xyz"), min_size=1, max_size=2, unique=True).map(tuple),
)
rules = st.builds(
    Rule,
    st.lists(conditions, max_size=3).map(tuple),
    st.sampled_from([RoutingOutcome.PLACE, RoutingOutcome.ASK, RoutingOutcome.REVIEW, RoutingOutcome.NOT_ASKED]),
    st.just("because"),
    st.just("tell"),
)
rulesets = st.builds(
    Ruleset,
    st.just(1),
    st.lists(rules, max_size=4).map(
        lambda listed: (CohortRules("one", "One", tuple(listed)), CohortRules("two", "Two", tuple(reversed(listed))))
    ),
    st.sampled_from(list(PairPolicy)),
)
any_facts = st.dictionaries(st.sampled_from(("a", "b", "c")), st.lists(st.sampled_from("xyz"), max_size=3).map(tuple))


@given(any_facts, rulesets)
def test_any_rules_decide_every_case_and_always_the_same_way(
    facts: dict[str, tuple[str, ...]], ruleset: Ruleset
) -> None:
    decision: Decision = decide(facts, ruleset)
    assert len(decision.verdicts) == len(ruleset.cohorts)
    assert decision == decide(dict(reversed(facts.items())), ruleset)
    assert set(decision.facts) <= ruleset.facts_used


@given(any_facts, rulesets)
def test_each_rule_passed_over_is_explained(facts: dict[str, tuple[str, ...]], ruleset: Ruleset) -> None:
    for cohort, verdict in zip(ruleset.cohorts, decide(facts, ruleset).verdicts, strict=True):
        tried = len(cohort.rules) if verdict.rule is None else verdict.rule - 1
        assert len(verdict.passed_over) == tried


@given(st.sampled_from([test for test in Operator if test is not Operator.BLANK]))
def test_a_blank_answer_meets_no_condition_but_is_blank(test: Operator) -> None:
    assert not Condition("a", test, ("x",)).holds({})
    assert Condition("a", Operator.BLANK).holds({})


def test_rules_survive_being_stored() -> None:
    assert read_rules(rules_as_data(COMMUNITY_RULES)) == COMMUNITY_RULES


def test_a_rule_with_four_conditions_is_refused() -> None:
    crowded = Rule((Condition("a", Operator.BLANK),) * 4, RoutingOutcome.PLACE, "")
    with pytest.raises(ValueError, match="at most 3"):
        read_rules(rules_as_data([crowded]))
