"""Programmes in the API."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from flask import abort
from sqlalchemy import func, select

from services.registration.api.authentication import organisers_only
from services.registration.api.blueprint import api_blueprint
from services.registration.api.endpoints import fails_with
from services.registration.api.schemas import registrations
from services.registration.models import Cohort, Placement, Programme, db

blueprint = api_blueprint("Programmes", "Programmes, with the cohorts that events lead to.")


@blueprint.route("/programmes/<slug>/cohorts")
@organisers_only
@fails_with(404)
@blueprint.response(200, registrations.Cohorts)
def list_cohorts(slug: str) -> dict[str, Any]:
    """List a programme's cohorts

    Each with its number of people, by the status of their placement.
    """
    programme = db.session.scalar(select(Programme).filter_by(slug=slug))
    if programme is None:
        abort(404, "There is no such programme.")
    counts = _counts(programme)
    cohorts = [
        {"slug": cohort.slug, "title": cohort.title, "capacity": cohort.capacity, "placements": counts[cohort.id]}
        for cohort in programme.cohorts
    ]
    return {"programme": programme.slug, "cohorts": cohorts}


def _counts(programme: Programme) -> dict[UUID, dict[str, int]]:
    counts: dict[UUID, dict[str, int]] = defaultdict(dict)
    by_status = select(Placement.cohort_id, Placement.status, func.count()).join(Cohort)
    of_these = by_status.where(Cohort.programme_id == programme.id).group_by(Placement.cohort_id, Placement.status)
    for cohort_id, status, count in db.session.execute(of_these):
        counts[cohort_id][status] = count
    return counts
