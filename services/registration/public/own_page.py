"""The registrant's own page: status, answers, next steps, consents, and how to change, cancel or come back."""

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from services.registration.models import Registration
from services.registration.notices import links
from services.registration.notices.next_steps import next_steps
from services.registration.operations import consents, invitation_answers, registrations
from services.registration.operations.timeline import REGISTRANT
from services.registration.queries import form_history
from services.registration.rules.consents import WORDINGS
from services.registration.rules.event_states import EventState, RegistrationClosed
from services.registration.rules.places import EventIsFull, NotActive, Status
from services.registration.web.confirm_form import ConfirmForm, confirmation
from services.registration.web.consent_form import ConsentForms, consent_forms
from services.registration.web.idempotency import idempotent_form
from services.registration.web.registration_form import AnswersForm, answers_form, as_answered
from services.registration.web.same_site import refuse_other_sites
from shared.web.tokens import BadToken, ExpiredToken

blueprint = Blueprint("own_pages", __name__, url_prefix="/registrations/<token>")


class CancelForm(ConfirmForm):
    """The question before a person cancels their registration."""

    sure = confirmation("Do you want to cancel?", yes="Yes, cancel my place", no="No, keep it")


class DeclineForm(ConfirmForm):
    """The question after a No to the invite that nobody proved."""

    sure = confirmation("Do you want to give up your place?", yes="Yes, give it to somebody else", no="No, I am coming")


class AgainForm(ConfirmForm):
    """The question before a person takes their place again."""

    sure = confirmation("Do you want your place again?", yes="Yes, register me again", no="No, leave it cancelled")


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """The link needs no password, so caches and search engines must not store the page."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("")
def own_page(token: str) -> ResponseReturnValue:
    """The status of the registration, the answers, and the next steps."""
    registration = links.registration_of(token)
    return _own_page(token, registration, consent_forms())


@blueprint.get("/cancel")
def ask_before_cancelling(token: str) -> ResponseReturnValue:
    """Ask before cancelling. Nothing changes yet."""
    return _cancel_page(token, _leaving(token), CancelForm())


@blueprint.post("/cancel")
@idempotent_form
def cancel(token: str) -> ResponseReturnValue:
    """Cancel once the person has confirmed it, and give the place to somebody else."""
    refuse_other_sites()
    registration, form = _leaving(token), CancelForm()
    if not form.validate():
        return _cancel_page(token, registration, form), 422
    if form.is_confirmed:
        registrations.cancel(registration, REGISTRANT)
    return redirect(url_for(".own_page", token=token), 303)


@blueprint.get("/decline")
def ask_about_no(token: str) -> ResponseReturnValue:
    """Ask if a No to the invite came from the person. Nothing changes yet."""
    registration = links.registration_of(token)
    if not invitation_answers.awaits_confirmation(registration):
        return redirect(url_for(".own_page", token=token), 303)
    return _decline_page(token, registration, DeclineForm())


@blueprint.post("/decline")
@idempotent_form
def answer_about_no(token: str) -> ResponseReturnValue:
    """Give the place to somebody else if the person confirms their No, or forget the No."""
    refuse_other_sites()
    registration, form = links.registration_of(token), DeclineForm()
    if not form.validate():
        return _decline_page(token, registration, form), 422
    if form.is_confirmed:
        invitation_answers.confirm_no(registration)
    else:
        invitation_answers.take_back_no(registration)
    return redirect(url_for(".own_page", token=token), 303)


@blueprint.get("/again")
def ask_before_returning(token: str) -> ResponseReturnValue:
    """Ask before somebody takes their place again. Nothing changes yet."""
    return _again_page(token, _returning(token), AgainForm())


@blueprint.post("/again")
@idempotent_form
def take_place_again(token: str) -> ResponseReturnValue:
    """Take a cancellation back once the person has confirmed it: they keep their answers and groups."""
    refuse_other_sites()
    registration, form = _returning(token), AgainForm()
    if not form.validate():
        return _again_page(token, registration, form), 422
    try:
        if form.is_confirmed:
            registrations.restore(registration, REGISTRANT)
    except NotActive:
        abort(409)
    except RegistrationClosed:
        return redirect(url_for(".own_page", token=token), 303)
    except EventIsFull:
        form.form_errors.append("Sorry, every place is taken and there is no waiting list.")
        return _again_page(token, registration, form), 409
    return redirect(url_for(".own_page", token=token), 303)


@blueprint.post("/consents/<purpose>")
@idempotent_form
def change_consent(token: str, purpose: str) -> ResponseReturnValue:
    """Give a consent, or take it back."""
    refuse_other_sites()
    registration, forms = links.registration_of(token), consent_forms(sent=purpose)
    form = forms.get(purpose) or abort(404)
    if not form.validate():
        return _own_page(token, registration, forms), 422
    if form.agrees.data:
        consents.give(registration, purpose, REGISTRANT, "own page")
    else:
        consents.withdraw(registration, purpose, REGISTRANT)
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


def _active_registration(token: str) -> Registration:
    registration = links.registration_of(token)
    if not registration.can_change:
        abort(409)
    return registration


def _leaving(token: str) -> Registration:
    """The registration of somebody who can cancel it. Anybody else is sent to their own page."""
    registration = links.registration_of(token)
    if not registration.can_change:
        abort(redirect(url_for(".own_page", token=token), 303))
    return registration


def _returning(token: str) -> Registration:
    """The registration of somebody who can take their place again. Anybody else is sent to their own page."""
    registration = links.registration_of(token)
    if not _may_return(registration):
        abort(redirect(url_for(".own_page", token=token), 303))
    return registration


def _may_return(registration: Registration) -> bool:
    """True if the person cancelled, and the event takes registrations. Organisers take their own cancellations
    back."""
    has_cancelled = registration.status is Status.CANCELLED and not registration.cancelled_by_organisers
    return has_cancelled and registration.event.state.takes_registrations


def _own_page(token: str, registration: Registration, forms: ConsentForms) -> str:
    event = registration.event
    return render_template(
        "public/own_page.html",
        token=token,
        registration=registration,
        event=event,
        answers=form_history.of_event(event).read(registration.given),
        next_steps=next_steps(registration) if registration.is_active else [],
        agreed=consents.in_force(registration),
        wordings=WORDINGS,
        forms=forms,
        may_return=_may_return(registration),
        asks_about_no=invitation_answers.awaits_confirmation(registration),
        contact=event.invites.organiser_email or current_app.config["REPLY_TO"][1],
        feed=links.personal_feed(registration),
    )


def _again_page(token: str, registration: Registration, form: ConfirmForm) -> str:
    event = registration.event
    waits = event.state is EventState.WAITING_LIST
    return render_template(
        "public/again.html", token=token, registration=registration, event=event, form=form, waits=waits
    )


def _form_for(registration: Registration) -> type[AnswersForm]:
    return answers_form(form_history.of_event(registration.event).form_for(registration.given))


def _cancel_page(token: str, registration: Registration, form: ConfirmForm) -> str:
    return render_template(
        "public/cancel.html", token=token, registration=registration, event=registration.event, form=form
    )


def _decline_page(token: str, registration: Registration, form: ConfirmForm) -> str:
    return render_template(
        "public/decline.html", token=token, registration=registration, event=registration.event, form=form
    )


def _edit_page(token: str, registration: Registration, form: AnswersForm) -> str:
    return render_template(
        "public/edit.html", token=token, registration=registration, event=registration.event, form=form
    )
