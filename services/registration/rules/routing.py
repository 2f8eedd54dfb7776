"""Routing: `decide(facts, rules)` decides which cohorts a person joins, and why.

Each cohort has a short, ordered list of rules, and the first match wins. If no rule matches, an organiser reviews the
answers: the rules never refuse anybody silently. If a person fits several cohorts, the programme's pair policy
applies. Names and addresses are not facts, so no rule can use them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from services.registration.rules.conditions import Condition, Facts

MOST_CONDITIONS = 3


class RoutingOutcome(StrEnum):
    """The outcome of the rules for one person and one cohort."""

    PLACE = "place"
    ASK = "ask"
    REVIEW = "review"
    NOT_ASKED = "not asked"
    SET_ASIDE = "set aside"


class PairPolicy(StrEnum):
    """The policy for a person who fits several cohorts."""

    BOTH = "both"
    FIRST_CHOICE = "first choice"
    REVIEW = "a person looks"


@dataclass(frozen=True)
class Rule:
    """Up to three conditions joined by "and", and one outcome.

    `because` is the reason that the organiser reads, `tell` the sentence that the person reads.
    """

    conditions: tuple[Condition, ...]
    outcome: RoutingOutcome
    because: str
    tell: str = ""

    def first_unmet(self, facts: Facts) -> Condition | None:
        """The first condition that these facts do not satisfy; None if the rule matches."""
        return next((condition for condition in self.conditions if not condition.holds(facts)), None)


@dataclass(frozen=True)
class CohortRules:
    """The ordered rules of one cohort. `cohort` is its slug, `title` its name."""

    cohort: str
    title: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Ruleset:
    """One version of a programme's rules. `first_choice_fact` is the key of the question about the first choice."""

    version: int
    cohorts: tuple[CohortRules, ...]
    pair_policy: PairPolicy
    first_choice_fact: str = "first_choice"

    @property
    def facts_used(self) -> frozenset[str]:
        """The keys of all facts that these rules use."""
        of_rules = {c.fact for cohort in self.cohorts for rule in cohort.rules for c in rule.conditions}
        return frozenset(of_rules | {self.first_choice_fact})


@dataclass(frozen=True)
class Verdict:
    """The outcome for one cohort, with its reasons. `rule` is the number of the rule that matched, from 1, or None.
    `passed_over` says why each earlier rule did not match."""

    cohort: str
    outcome: RoutingOutcome
    rule: int | None
    because: str
    tell: str
    passed_over: tuple[str, ...] = ()

    @property
    def asked(self) -> bool:
        """True if the person asked to join this cohort."""
        return self.outcome is not RoutingOutcome.NOT_ASKED


@dataclass(frozen=True)
class Decision:
    """The result for one person: a verdict for every cohort, and the facts that the rules used."""

    verdicts: tuple[Verdict, ...]
    facts: dict[str, tuple[str, ...]]
    rules_version: int
    pair: str = ""

    @property
    def for_organiser(self) -> str:
        """The reasons in one line, for the console."""
        told = "; ".join(f"{verdict.cohort}: {verdict.outcome} ({verdict.because})" for verdict in self.verdicts)
        return f"{told}. {self.pair}".strip()

    @property
    def for_person(self) -> tuple[str, ...]:
        """The next steps, in sentences for the person."""
        return tuple(verdict.tell for verdict in self.verdicts if verdict.tell)


def decide(facts: Facts, rules: Ruleset) -> Decision:
    """Apply the rules to a person's facts. Every cohort gets a verdict, and equal facts always get equal verdicts."""
    used = {fact: facts[fact] for fact in sorted(rules.facts_used) if facts.get(fact)}
    verdicts = tuple(_judge(cohort, used) for cohort in rules.cohorts)
    verdicts, pair = _settle_pair(verdicts, used, rules)
    return Decision(verdicts, used, rules.version, pair)


def _judge(cohort: CohortRules, facts: Facts) -> Verdict:
    passed_over: list[str] = []
    for number, rule in enumerate(cohort.rules, start=1):
        unmet = rule.first_unmet(facts)
        if unmet is None:
            return Verdict(cohort.cohort, rule.outcome, number, rule.because, rule.tell, tuple(passed_over))
        passed_over.append(f"Rule {number} did not match: {unmet} does not hold.")
    return Verdict(
        cohort.cohort,
        RoutingOutcome.REVIEW,
        None,
        "No rule matches these answers",
        f"One of us is reading your answers about the {cohort.title} and will write to you.",
        tuple(passed_over),
    )


def _settle_pair(verdicts: tuple[Verdict, ...], facts: Facts, rules: Ruleset) -> tuple[tuple[Verdict, ...], str]:
    """Apply the pair policy if the person fits several cohorts. Returns the verdicts and the reason."""
    fitting = [verdict.cohort for verdict in verdicts if verdict.outcome is RoutingOutcome.PLACE]
    if len(fitting) < 2 or rules.pair_policy is PairPolicy.BOTH:
        return verdicts, ""
    titles = {cohort.cohort: cohort.title for cohort in rules.cohorts}
    chosen = [slug for slug in _as_slugs(facts.get(rules.first_choice_fact, ())) if slug in fitting]
    if rules.pair_policy is PairPolicy.FIRST_CHOICE and len(chosen) == 1:
        return _keep_only(verdicts, chosen[0], titles), f"Fits several cohorts; {chosen[0]} was the first choice."
    tell = (
        "You asked about more than one group, and we would like to find the right one with you: one of us will write."
    )
    first = fitting[0]
    looked_at = tuple(
        replace(
            v, outcome=RoutingOutcome.REVIEW, because="Fits several cohorts", tell=tell if v.cohort == first else ""
        )
        if v.cohort in fitting
        else v
        for v in verdicts
    )
    return looked_at, "Fits several cohorts and named no first choice, so a person looks."


def _as_slugs(values: Iterable[str]) -> list[str]:
    """Convert answer values to cohort slugs: values have underscores where slugs have hyphens."""
    return [value.replace("_", "-") for value in values]


def _keep_only(verdicts: Iterable[Verdict], chosen: str, titles: Mapping[str, str]) -> tuple[Verdict, ...]:
    return tuple(
        replace(
            verdict,
            outcome=RoutingOutcome.SET_ASIDE,
            because=f"{chosen} was the first choice",
            tell=f"As the {titles[chosen]} was your first choice, we have not put you in the {titles[verdict.cohort]}.",
        )
        if verdict.outcome is RoutingOutcome.PLACE and verdict.cohort != chosen
        else verdict
        for verdict in verdicts
    )


def read_rules(data: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Read rules from their stored form. Raises ValueError if one is invalid, KeyError if a field is missing."""
    rules = tuple(
        Rule(
            tuple(Condition.read(condition) for condition in rule["conditions"]),
            RoutingOutcome(rule["outcome"]),
            rule["because"],
            rule.get("tell", ""),
        )
        for rule in data
    )
    if any(len(rule.conditions) > MOST_CONDITIONS for rule in rules):
        raise ValueError(f"A rule has at most {MOST_CONDITIONS} conditions.")
    return rules


def rules_as_data(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Rules in their stored form."""
    return [
        {
            "conditions": [condition.as_data() for condition in rule.conditions],
            "outcome": str(rule.outcome),
            "because": rule.because,
            "tell": rule.tell,
        }
        for rule in rules
    ]
