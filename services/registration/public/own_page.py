"""The registrant's own page: what we hold, what comes next, and changing their mind."""

from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.registration.models import EventStatus, Registration, db
from services.registration.notices import links
from services.registration.operations import placements, registrations
from services.registration.operations.timeline import REGISTRANT
from services.registration.public.fields import answers_typed
from services.registration.queries import event_snapshots
from services.registration.rules.consents import WORDINGS
from services.registration.rules.questions import Question
from services.registration.web.form_reading import Unusable, read_application
from services.registration.web.idempotency import idempotent_form
from services.registration.web.same_site import refuse_other_sites
from shared.web.tokens import BadToken, ExpiredToken

blueprint = Blueprint("own_pages", __name__, url_prefix="/registrations/<token>")


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """Whoever has the address has the page: no cache and no search engine should."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("")
def own_page(token: str) -> ResponseReturnValue:
    """Where the person stands, and what they told us."""
    registration = _registration_behind(token)
    decision = placements.latest_decision(registration)
    return render_template(
        "public/own_page.html",
        token=token,
        registration=registration,
        event=registration.event,
        questions=event_snapshots.questions(registration.event),
        next_steps=decision.for_person if decision else [],
        feed=links.personal_feed(registration),
    )


@blueprint.get("/cancel")
def ask_before_cancelling(token: str) -> ResponseReturnValue:
    """Ask once more; nothing changes yet."""
    registration = _registration_behind(token)
    return render_template("public/cancel.html", token=token, registration=registration, event=registration.event)


@blueprint.post("/cancel")
@idempotent_form
def cancel(token: str) -> ResponseReturnValue:
    """Cancel, and give the place to somebody else."""
    refuse_other_sites()
    registrations.cancel(_registration_behind(token), REGISTRANT)
    return redirect(url_for(".own_page", token=token), 303)


@blueprint.get("/edit")
def edit(token: str) -> ResponseReturnValue:
    """The form with what the person told us."""
    registration = _registration_that_stands(token)
    given = {
        "name": registration.name,
        "organisation": registration.organisation,
        "answers": registration.answers,
    }
    return _edit_page(token, registration, given, {})


@blueprint.post("/edit")
@idempotent_form
def change(token: str) -> ResponseReturnValue:
    """Keep the new answers, and look again at the cohorts they lead to."""
    refuse_other_sites()
    registration = _registration_that_stands(token)
    questions = event_snapshots.questions(registration.event)
    given = _given(questions, registration)
    try:
        application = read_application(questions, given, source="own page")
    except Unusable as error:
        return _edit_page(token, registration, given, error.errors), 422
    registrations.change_answers(registration, application, REGISTRANT)
    return redirect(url_for(".own_page", token=token), 303)


@blueprint.errorhandler(ExpiredToken)
@blueprint.errorhandler(BadToken)
def closed(_: BadToken) -> ResponseReturnValue:
    """A link that opens nothing, or nothing any more."""
    return make_response(render_template("public/closed.html"), 404)


def _registration_behind(token: str) -> Registration:
    registration = db.session.get(Registration, links.registration_behind(token))
    if registration is None:
        raise BadToken("This link is not one of ours.")
    return registration


def _registration_that_stands(token: str) -> Registration:
    registration = _registration_behind(token)
    if registration.cancelled_at is not None or registration.event.status == EventStatus.CANCELLED:
        abort(409)
    return registration


def _given(questions: tuple[Question, ...], registration: Registration) -> dict[str, Any]:
    return {
        "name": request.form.get("name", ""),
        "organisation": request.form.get("organisation", ""),
        "email": registration.person.email,
        "answers": answers_typed(questions),
        "consents": [wording.purpose for wording in WORDINGS if wording.required],
    }


def _edit_page(token: str, registration: Registration, given: dict[str, Any], errors: dict[str, str]) -> Response:
    return make_response(
        render_template(
            "public/edit.html",
            token=token,
            registration=registration,
            event=registration.event,
            questions=event_snapshots.questions(registration.event),
            given=given,
            errors=errors,
        )
    )
