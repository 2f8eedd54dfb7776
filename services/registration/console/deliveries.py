"""Mail problems: mails on the way, not delivered, or possibly delivered twice; and sending again."""

import re
from collections.abc import Iterable
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from services.registration.console.sign_in import acting
from services.registration.models import Outbox, Registration, db, queue
from services.registration.operations import deliveries
from services.registration.operations.deliveries import EventIsOver
from services.registration.web.idempotency import idempotent_form
from shared.messaging import outbox_queries
from shared.messaging.outbox_queries import RowState

blueprint = Blueprint("deliveries", __name__)
PAGE = 50
AN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@blueprint.get("/deliveries")
def list_deliveries() -> ResponseReturnValue:
    """Mails with problems, newest first."""
    which = _state()
    found = outbox_queries.rows_in(queue, which, before=request.args.get("before", type=UUID), limit=PAGE + 1)
    rows = found[:PAGE]
    return render_template(
        "console/deliveries.html",
        which=which,
        counts=outbox_queries.count_by_state(queue),
        rows=rows,
        people=_people(rows),
        before=rows[-1].id if len(found) > PAGE else None,
    )


@blueprint.post("/deliveries/<uuid:message_id>/replay")
@idempotent_form
def replay(message_id: UUID) -> ResponseReturnValue:
    """Send one mail again that was not delivered."""
    try:
        if deliveries.replay(message_id, acting()):
            flash("It is on its way again.")
        else:
            flash("There is nothing to send again here.", "problem")
    except EventIsOver:
        flash("This mail is not sent again, because its event is over.", "problem")
    return redirect(url_for(".list_deliveries", state=RowState.FAILED), 303)


@blueprint.post("/deliveries/replay")
@idempotent_form
def replay_all() -> ResponseReturnValue:
    """Send all mails again that were not delivered, except about events that are over."""
    replayed = deliveries.replay_all(acting())
    said = f"{_mails(replayed.count)} on the way again."
    if replayed.too_late:
        said += f" {_mails(replayed.too_late)} not, because their event is over."
    flash(said)
    return redirect(url_for(".list_deliveries", state=RowState.OWED), 303)


def _mails(count: int) -> str:
    """Their number with its verb."""
    return f"{count or 'No'} {'mails are' if count > 1 else 'mail is'}"


def _state() -> RowState:
    try:
        return RowState(request.args.get("state", RowState.OWED))
    except ValueError:
        abort(404)


def _people(rows: Iterable[Outbox]) -> dict[UUID, Registration]:
    """The registrations that rows are for, by the row's id. A notice's key has the id of its registration in it."""
    named = {row.id: UUID(found[0]) for row in rows if (found := AN_ID.search(row.key))}
    query = select(Registration).where(Registration.id.in_(named.values())).options(joinedload(Registration.event))
    registrations = {registration.id: registration for registration in db.session.scalars(query)}
    return {row: registrations[one] for row, one in named.items() if one in registrations}
