"""Routing people to cohorts: decisions by rules, and by organisers."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import func, select

from services.registration.models import (
    Cohort,
    DecisionRecord,
    Placement,
    PlacementStatus,
    Registration,
    db,
)
from services.registration.notices import notices
from services.registration.notices.next_steps import sentences_about
from services.registration.operations import places, timeline
from services.registration.operations.timeline import Actor
from services.registration.rules.conditions import facts_of
from services.registration.rules.places import NotActive
from services.registration.rules.routing import Decision, RoutingOutcome, Verdict, decide
from shared.contracts.notices import Kind
from shared.database.session import defer_insert, defer_object
from shared.database.utc import now

STATUS_OF = {
    RoutingOutcome.PLACE: PlacementStatus.PLACED,
    RoutingOutcome.ASK: PlacementStatus.PROPOSED,
    RoutingOutcome.REVIEW: PlacementStatus.IN_REVIEW,
    RoutingOutcome.SET_ASIDE: PlacementStatus.WITHDRAWN,
    RoutingOutcome.NOT_ASKED: PlacementStatus.WITHDRAWN,
}


def route(registration: Registration, *, is_notified: bool) -> tuple[str, ...]:
    """Decide a registration's cohorts by the programme's rules, and record the decision.

    Returns sentences for the person, none if the event has no programme. `is_notified` says that the caller sends
    them to the person. A pinned placement stays as it is.
    """
    programme = registration.event.programme
    if programme is None:
        return ()
    decision = decide(facts_of(registration.answers), programme.ruleset())
    existing = _existing(registration)
    sentences: list[str] = []
    for cohort, verdict in zip(programme.cohorts, decision.verdicts, strict=True):
        placement = existing.get(cohort.id)
        if placement is None and not verdict.asked:
            continue
        placement = placement or Placement.of(registration, cohort)
        if not placement.pinned:
            _apply(verdict, placement, registration)
        about = sentences_about(placement, verdict.tell)
        if about and is_notified:
            placement.told, placement.told_at = placement.status, now()
        defer_object(db.session, placement)
        sentences += about
    for_person = tuple(sentences)
    _record_decision(registration, decision, for_person)
    timeline.record(registration, "routed", timeline.RULES, decision=decision.for_organiser)
    return for_person


def place_by_hand(registration: Registration, cohort: Cohort, by: Actor, reason: str = "") -> bool:
    """An organiser places somebody in a cohort. Rules no longer move them. Placing twice changes nothing.

    Returns True if they are notified, that is if they were not in it already. Raises NotActive.
    """
    return _decide_by_hand(registration, cohort, PlacementStatus.PLACED, by, reason)


def decline(registration: Registration, cohort: Cohort, by: Actor, reason: str) -> bool:
    """An organiser declines somebody. The notice has the reason. Returns and raises as `place_by_hand`."""
    return _decide_by_hand(registration, cohort, PlacementStatus.DECLINED, by, reason)


def _decide_by_hand(
    registration: Registration, cohort: Cohort, status: PlacementStatus, by: Actor, reason: str
) -> bool:
    places.lock_registration(registration)  # of two organisers, the second sees what the first did
    if not registration.is_active:
        raise NotActive
    placement = _existing(registration).get(cohort.id) or Placement.of(registration, cohort)
    is_news = placement.status is not status
    if placement.pinned and not is_news:
        return False
    placement.registration = registration
    placement.status, placement.pinned, placement.reason, placement.updated_at = status, True, reason, now()
    placement.room = True if status is PlacementStatus.PLACED else placement.room
    db.session.add(placement)
    _record_decision_by_hand(placement, by)
    timeline.record(registration, str(status), by, cohort=cohort.slug, reason=reason)
    if is_news:
        _notify_of_decision(placement)
    return is_news


def _notify_of_decision(placement: Placement) -> None:
    registration, cohort, status = placement.registration, placement.cohort, placement.status
    kind = Kind.PLACED if status is PlacementStatus.PLACED else Kind.NOT_PLACED
    placement.told, placement.told_at = kind, now()
    welcome = cohort.welcome if status is PlacementStatus.PLACED else ""
    notices.notify_of_placement(
        registration, kind, cohort_id=cohort.id, cohort=cohort.title, welcome=welcome, reason=placement.reason
    )


def _apply(verdict: Verdict, placement: Placement, registration: Registration) -> None:
    """Apply the rules' verdict to a placement; a full cohort has a waiting list."""
    status = STATUS_OF[verdict.outcome]
    if status is PlacementStatus.PLACED:
        placement.room = placement.status is PlacementStatus.PLACED or _has_room(placement.cohort)
        status = PlacementStatus.PLACED if placement.room else PlacementStatus.WAITLISTED
    placement.registration = registration
    placement.status, placement.asked, placement.fits = status, verdict.asked, verdict.outcome
    placement.reason, placement.updated_at = verdict.because, now()


def _has_room(cohort: Cohort) -> bool:
    if cohort.capacity is None:
        return True
    db.session.refresh(cohort, with_for_update=True)
    placed = select(func.count()).where(Placement.cohort_id == cohort.id, Placement.status == PlacementStatus.PLACED)
    return (db.session.scalar(placed) or 0) < (cohort.capacity or 0)


def _existing(registration: Registration) -> dict[UUID, Placement]:
    """The person's placements by cohort. No autoflush: pending rows cannot change them."""
    mine = select(Placement).where(Placement.person_id == registration.person_id)
    found = db.session.scalars(mine.execution_options(autoflush=False))
    return {placement.cohort_id: placement for placement in found}


def _record_decision(registration: Registration, decision: Decision, for_person: tuple[str, ...]) -> None:
    defer_insert(
        db.session,
        DecisionRecord,
        registration_id=registration.id,
        answers_version=registration.answers_version,
        rules_version=decision.rules_version,
        facts={fact: list(values) for fact, values in decision.facts.items()},
        verdicts=[asdict(verdict) for verdict in decision.verdicts],
        pair=decision.pair,
        for_organiser=decision.for_organiser,
        for_person=list(for_person),
        decided_by=str(timeline.RULES),
        decided_at=now(),
    )


def _record_decision_by_hand(placement: Placement, by: Actor) -> None:
    registration, cohort = placement.registration, placement.cohort
    status, reason = placement.status, placement.reason
    earlier = select(func.count()).where(DecisionRecord.registration_id == registration.id)
    outcome = {"cohort": cohort.slug, "outcome": str(status), "because": reason, "asked": True}
    defer_insert(
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
        for_person=list(sentences_about(placement, tell="")),
        decided_by=str(by),
        decided_at=now(),
    )
