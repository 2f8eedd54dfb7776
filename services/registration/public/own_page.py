"""The registrant's own page: status, answers, next steps, and how to change or cancel it."""

from flask import Blueprint, Response, abort, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from services.registration.models import EventStatus, Registration, db
from services.registration.notices import links
from services.registration.operations import placements, registrations
from services.registration.operations.timeline import REGISTRANT
from services.registration.queries import form_history
from services.registration.rules.consents import WORDINGS
from services.registration.web.confirm_form import ConfirmForm, confirmation
from services.registration.web.idempotency import idempotent_form
from services.registration.web.registration_form import AnswersForm, answers_form, as_answered
from services.registration.web.same_site import refuse_other_sites
from shared.web.tokens import BadToken, ExpiredToken

blueprint = Blueprint("own_pages", __name__, url_prefix="/registrations/<token>")


class CancelForm(ConfirmForm):
    """The question before a person cancels their registration."""

    sure = confirmation("Do you want to cancel?", yes="Yes, cancel my place", no="No, keep it")


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """The link needs no password, so caches and search engines must not store the page."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("")
def own_page(token: str) -> ResponseReturnValue:
    """The status of the registration, the answers, and the next steps."""
    registration = _registration_of(token)
    decision = placements.latest_decision(registration)
    return render_template(
        "public/own_page.html",
        token=token,
        registration=registration,
        event=registration.event,
        answers=form_history.of_event(registration.event).read(registration.given),
        next_steps=decision.for_person if decision else [],
        feed=links.personal_feed(registration),
    )


@blueprint.get("/cancel")
def ask_before_cancelling(token: str) -> ResponseReturnValue:
    """Ask before cancelling. Nothing changes yet."""
    return _cancel_page(token, _registration_of(token), CancelForm())


@blueprint.post("/cancel")
@idempotent_form
def cancel(token: str) -> ResponseReturnValue:
    """Cancel once the person has confirmed it, and give the place to somebody else."""
    refuse_other_sites()
    registration, form = _registration_of(token), CancelForm()
    if not form.validate():
        return _cancel_page(token, registration, form), 422
    if form.is_confirmed:
        registrations.cancel(registration, REGISTRANT)
    return redirect(url_for(".own_page", token=token), 303)


@blueprint.get("/edit")
def edit(token: str) -> ResponseReturnValue:
    """The form with the person's answers."""
    registration = _active_registration(token)
    form = _form_for(registration)(data=as_answered(registration))
    return _edit_page(token, registration, form)


@blueprint.post("/edit")
@idempotent_form
def change(token: str) -> ResponseReturnValue:
    """Change the answers, and route the person again."""
    refuse_other_sites()
    registration = _active_registration(token)
    form = _form_for(registration)()
    given_already = [wording.purpose for wording in WORDINGS if wording.required]
    application = form.application(
        "own page", before=registration.answers, email=registration.person.email, consents=given_already
    )
    if application is None:
        return _edit_page(token, registration, form), 422
    registrations.change_answers(registration, application, REGISTRANT)
    return redirect(url_for(".own_page", token=token), 303)


@blueprint.errorhandler(ExpiredToken)
@blueprint.errorhandler(BadToken)
def expired_link(_: BadToken) -> ResponseReturnValue:
    """The page for a link that is not valid or has expired."""
    return make_response(render_template("public/closed.html"), 404)


def _registration_of(token: str) -> Registration:
    registration = db.session.get(Registration, links.read_own_page_token(token))
    if registration is None:
        raise BadToken("This link is not valid.")
    return registration


def _active_registration(token: str) -> Registration:
    registration = _registration_of(token)
    if registration.cancelled_at is not None or registration.event.status == EventStatus.CANCELLED:
        abort(409)
    return registration


def _form_for(registration: Registration) -> type[AnswersForm]:
    return answers_form(form_history.of_event(registration.event).form_for(registration.given))


def _cancel_page(token: str, registration: Registration, form: ConfirmForm) -> str:
    return render_template(
        "public/cancel.html", token=token, registration=registration, event=registration.event, form=form
    )


def _edit_page(token: str, registration: Registration, form: AnswersForm) -> str:
    return render_template(
        "public/edit.html", token=token, registration=registration, event=registration.event, form=form
    )
