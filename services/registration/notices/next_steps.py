"""What a registrant reads about groups: in mails, and on their own page."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from services.registration.models import DecisionRecord, Placement, PlacementStatus, Registration, db
from services.registration.queries.placements import by_person

FULL = "The {title} is full for now. You are on its waiting list, and we will write when there is a place."
IN_THE_GROUP = "You are in the {title}."
NO_PLACE = "We are sorry that we cannot offer you a place in the {title} this time."


@dataclass(frozen=True)
class NextStep:
    """One group that a registrant asked for or was placed in, and the sentences about it."""

    placement: Placement
    sentences: tuple[str, ...]


def sentences_about(placement: Placement, tell: str) -> tuple[str, ...]:
    """The sentences for the person about a placement. `tell` is what the rules say to them; an organiser's decision
    comes with its reason instead."""
    cohort, sentences = placement.cohort, [tell]
    if placement.status is PlacementStatus.WAITLISTED:
        sentences = [FULL.format(title=cohort.title)]
    elif placement.pinned and placement.status is PlacementStatus.PLACED:
        sentences = [IN_THE_GROUP.format(title=cohort.title), cohort.welcome, placement.reason]
    elif placement.pinned and placement.status is PlacementStatus.DECLINED:
        sentences = [NO_PLACE.format(title=cohort.title), placement.reason]
    return tuple(filter(None, sentences))


def next_steps(registration: Registration) -> list[NextStep]:
    """What a registrant should know of the programme's groups as they stand now, in the groups' order."""
    programme = registration.event.programme
    if programme is None:
        return []
    placed = {placement.cohort_id: placement for placement in by_person([registration])[registration.person_id]}
    tells = _tells(placed.values())
    steps = []
    for cohort in programme.cohorts:
        placement = placed.get(cohort.id)
        if placement is None:
            continue
        sentences = sentences_about(placement, tells.get((placement.registration_id, cohort.slug), ""))
        if sentences or placement.status is not PlacementStatus.WITHDRAWN or placement.has_left:
            steps.append(NextStep(placement, sentences))
    return steps


def sentences_for(registration: Registration) -> tuple[str, ...]:
    """The sentences of all next steps, for a mail."""
    return tuple(sentence for step in next_steps(registration) for sentence in step.sentences)


def _tells(placements: Iterable[Placement]) -> dict[tuple[UUID, str], str]:
    """What the rules last said to the person, by registration and cohort. Decisions of the rules have serial 0."""
    registrations = {placement.registration_id for placement in placements}
    by_rules = select(DecisionRecord.registration_id, DecisionRecord.verdicts).where(
        DecisionRecord.registration_id.in_(registrations), DecisionRecord.serial == 0
    )
    tells = {}
    for registration_id, verdicts in db.session.execute(by_rules.order_by(DecisionRecord.id)):
        for verdict in verdicts:
            tells[registration_id, verdict["cohort"]] = verdict.get("tell", "")
    return tells
