"""Routing people to cohorts: what the rules decide, and what people decide."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import func, select

from services.registration import notices, timeline
from services.registration.models import (
    Cohort,
    DecisionRecord,
    Placement,
    PlacementStatus,
    Programme,
    Registration,
    db,
)
from services.registration.rules.conditions import facts_of
from services.registration.rules.routing import Decision, Outcome, Verdict, decide
from services.registration.timeline import Actor
from shared.appending import append, append_entity
from shared.clock import now
from shared.ids import new_id
from shared.messages.notices import Kind

STATUS_OF = {
    Outcome.PLACE: PlacementStatus.PLACED,
    Outcome.ASK: PlacementStatus.PROPOSED,
    Outcome.REVIEW: PlacementStatus.IN_REVIEW,
    Outcome.SET_ASIDE: PlacementStatus.WITHDRAWN,
    Outcome.NOT_ASKED: PlacementStatus.WITHDRAWN,
}
FULL = "The {title} is full for now. You are on its waiting list, and we will write when there is room."


def route(registration: Registration) -> tuple[str, ...]:
    """Decide with the programme's rules which cohorts a registration leads to, and keep the decision.

    Returns what to tell the person: nothing where the event leads nowhere. Deciding twice about the
    same answers under the same rules writes once. What a person has decided is left alone.
    """
    programme = registration.event.programme
    if programme is None:
        return ()
    decision = decide(facts_of(registration.answers), programme.ruleset())
    if _is_decided(registration, programme):
        return decision.for_person
    return _follow(decision, registration, programme, _existing(registration))


def route_newcomer(registration: Registration) -> tuple[str, ...]:
    """What `route` does, for somebody of whom nothing was decided before."""
    programme = registration.event.programme
    if programme is None:
        return ()
    return _follow(decide(facts_of(registration.answers), programme.ruleset()), registration, programme, {})


def place_by_hand(registration: Registration, cohort: Cohort, by: Actor, reason: str = "") -> None:
    """A person puts somebody into a cohort; rules no longer move them. Doing it twice changes nothing."""
    _decide_by_hand(registration, cohort, PlacementStatus.PLACED, by, reason)


def decline(registration: Registration, cohort: Cohort, by: Actor, reason: str) -> None:
    """A person refuses somebody a cohort, with a reason that they are told."""
    _decide_by_hand(registration, cohort, PlacementStatus.DECLINED, by, reason)


def latest_decision(registration: Registration) -> DecisionRecord | None:
    """What was decided last about this registration."""
    mine = select(DecisionRecord).filter_by(registration_id=registration.id)
    return db.session.scalars(mine.order_by(DecisionRecord.id.desc()).limit(1)).first()


def _follow(
    decision: Decision, registration: Registration, programme: Programme, existing: dict[UUID, Placement]
) -> tuple[str, ...]:
    """Do what was decided, keep the decision, and return what to tell the person."""
    told: list[str] = []
    for cohort, verdict in zip(programme.cohorts, decision.verdicts, strict=True):
        placement = existing.get(cohort.id)
        concerned = verdict.asked if placement is None else not placement.pinned
        if concerned:
            status = _place(registration, cohort, verdict, placement)
            told.append(FULL.format(title=cohort.title) if status is PlacementStatus.WAITLISTED else verdict.tell)
    sentences = tuple(filter(None, told))
    _keep(registration, decision, sentences)
    timeline.record(registration, "routed", timeline.RULES, decision=decision.for_organiser)
    return sentences


def _decide_by_hand(
    registration: Registration, cohort: Cohort, status: PlacementStatus, by: Actor, reason: str
) -> None:
    placement = _existing(registration).get(cohort.id) or _blank(registration, cohort)
    db.session.add(placement)
    if placement.pinned and placement.status == status:
        return
    placement.status, placement.pinned, placement.reason, placement.updated_at = status, True, reason, now()
    placement.room = True if status is PlacementStatus.PLACED else placement.room
    kind = Kind.PLACED if status is PlacementStatus.PLACED else Kind.NOT_PLACED
    placement.told, placement.told_at = kind, now()
    _keep_by_hand(registration, cohort, status, by, reason)
    timeline.record(registration, str(status), by, cohort=cohort.slug, reason=reason)
    welcome = cohort.welcome if status is PlacementStatus.PLACED else ""
    notices.owe_placement(registration, kind, cohort_id=cohort.id, cohort=cohort.title, welcome=welcome, reason=reason)
    db.session.commit()


def _place(
    registration: Registration, cohort: Cohort, verdict: Verdict, placement: Placement | None
) -> PlacementStatus:
    is_new = placement is None
    placement = placement or _blank(registration, cohort)
    status = STATUS_OF[verdict.outcome]
    if status is PlacementStatus.PLACED:
        placement.room = placement.status == PlacementStatus.PLACED or _has_room(cohort)
        status = PlacementStatus.PLACED if placement.room else PlacementStatus.WAITLISTED
    placement.registration_id = registration.id
    placement.status, placement.asked, placement.fits = status, verdict.asked, verdict.outcome
    placement.reason, placement.told, placement.told_at, placement.updated_at = verdict.because, status, now(), now()
    if is_new:
        append_entity(db.session, placement)
    return status


def _has_room(cohort: Cohort) -> bool:
    if cohort.capacity is None:
        return True
    db.session.refresh(cohort, with_for_update=True)
    placed = select(func.count()).where(Placement.cohort_id == cohort.id, Placement.status == PlacementStatus.PLACED)
    return (db.session.scalar(placed) or 0) < (cohort.capacity or 0)


def _existing(registration: Registration) -> dict[UUID, Placement]:
    """The person's placements by cohort."""
    mine = select(Placement).where(Placement.person_id == registration.person_id)
    return {placement.cohort_id: placement for placement in db.session.scalars(mine)}


def _blank(registration: Registration, cohort: Cohort) -> Placement:
    return Placement(
        id=new_id(),
        person_id=registration.person_id,
        registration_id=registration.id,
        cohort_id=cohort.id,
        status=PlacementStatus.PROPOSED,
        asked=False,
        fits=Outcome.NOT_ASKED,
        pinned=False,
        reason="",
    )


def _is_decided(registration: Registration, programme: Programme) -> bool:
    same = select(DecisionRecord.id).filter_by(
        registration_id=registration.id,
        answers_version=registration.answers_version,
        rules_version=programme.rules_version,
        serial=0,
    )
    return db.session.scalar(same) is not None


def _keep(registration: Registration, decision: Decision, told: tuple[str, ...]) -> None:
    append(
        db.session,
        DecisionRecord,
        registration_id=registration.id,
        answers_version=registration.answers_version,
        rules_version=decision.rules_version,
        facts={fact: list(values) for fact, values in decision.facts.items()},
        verdicts=[asdict(verdict) for verdict in decision.verdicts],
        pair=decision.pair,
        for_organiser=decision.for_organiser,
        for_person=list(told),
        decided_by=str(timeline.RULES),
        decided_at=now(),
    )


def _keep_by_hand(registration: Registration, cohort: Cohort, status: PlacementStatus, by: Actor, reason: str) -> None:
    earlier = select(func.count()).where(DecisionRecord.registration_id == registration.id)
    outcome = {"cohort": cohort.slug, "outcome": str(status), "because": reason, "asked": True}
    append(
        db.session,
        DecisionRecord,
        registration_id=registration.id,
        answers_version=registration.answers_version,
        rules_version=registration.event.programme.rules_version if registration.event.programme else 0,
        serial=db.session.scalar(earlier) or 1,
        facts={},
        verdicts=[outcome],
        pair="",
        for_organiser=f"{cohort.slug}: {status} by {by}" + (f" ({reason})" if reason else ""),
        for_person=[],
        decided_by=str(by),
        decided_at=now(),
    )
