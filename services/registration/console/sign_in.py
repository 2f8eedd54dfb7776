"""Signing in and out. The cookie holds a random secret; every sign-in makes a new one."""

import hmac
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from flask_wtf import CSRFProtect
from wtforms import HiddenField, PasswordField, StringField
from wtforms.widgets import EmailInput

from services.registration.console.kept_forms import keep_form, kept_form
from services.registration.models import Organiser, db
from services.registration.operations import organisers
from services.registration.operations.timeline import Actor
from services.registration.rules.questions import UnusableText
from services.registration.web.applications import normalised_email
from services.registration.web.fields import MarkedRequired
from services.registration.web.forms import PageForm
from services.registration.web.rate_limits import limit_sign_ins, limit_wrong_passwords, seconds_to_wait
from services.registration.web.transaction import in_transaction

blueprint = Blueprint("sign_ins", __name__)
LONGEST_PASSWORD = 1000
csrf = CSRFProtect()
login_manager = LoginManager()
login_manager.login_view = "console.sign_ins.sign_in"
login_manager.login_message = ""
login_manager.session_protection = ""  # the secret is enough: a phone's network address changes


class SignedIn(UserMixin):
    """The organiser of this request. Its id is the secret of the sign-in, not the organiser's id."""

    def __init__(self, secret: str, organiser_id: str) -> None:
        self.id = secret
        self.organiser_id = organiser_id


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load(secret: str) -> SignedIn | None:
    """The organiser whose sign-in has this secret."""
    found = organisers.signed_in(secret)
    return SignedIn(secret, str(found.organiser_id)) if found else None


def init_sign_in(app: Flask) -> None:
    """Protect the console's forms, and know who is signed in."""
    app.config.update(
        SESSION_COOKIE_NAME="placecard_console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=app.config["PUBLIC_URL"].startswith("https://"),
        SESSION_COOKIE_PATH="/console",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    csrf.init_app(app)
    login_manager.init_app(app)


def acting() -> Actor:
    """The organiser, as the timeline names them."""
    signed_in: Any = current_user
    return Actor("organiser", signed_in.organiser_id)


def current_organiser() -> Organiser:
    """The organiser who is signed in."""
    return db.session.get_one(Organiser, UUID(acting().id))


class SignInForm(PageForm):
    """An organiser's address and password."""

    email = StringField(
        "E-mail address",
        [MarkedRequired()],
        default="",
        widget=EmailInput(),
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField("Password", [MarkedRequired()], default="", render_kw={"autocomplete": "current-password"})
    kept = HiddenField(default="")


def ask_to_sign_in() -> ResponseReturnValue:
    """Ask a visitor to sign in. A form that they sent is kept until they have."""
    kept = keep_form()
    if not kept:
        return cast("ResponseReturnValue", login_manager.unauthorized())
    form = SignInForm(formdata=None, kept=kept)
    form.form_errors.append("You have been signed out. Your form is still here: sign in to go on.")
    return _sign_in_page(form), 401


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The form to sign in with."""
    return _sign_in_page(SignInForm())


def _account() -> str:
    """A digest of the account that somebody tries to sign in to, which may not exist."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.digest(key, _email_key(SignInForm().email.data).encode(), "sha256").hex()


@blueprint.post("/sign-in")
@limit_sign_ins
@limit_wrong_passwords(_account)
@in_transaction
def check() -> ResponseReturnValue:
    """Sign an organiser in, with a fresh session."""
    form = SignInForm()
    secret = organisers.sign_in(_email_key(form.email.data), form.password.data[:LONGEST_PASSWORD])
    if secret is None:
        form.take_errors({"email": "That e-mail or password isn’t right."})
        return _sign_in_page(form), 401
    session.clear()
    login_user(SignedIn(secret, ""))
    found = kept_form(form.kept.data)
    if found is not None:
        path, fields = found
        return render_template("console/kept_form.html", path=path, fields=fields)
    return redirect(_inside(request.args.get("next")), 303)


@blueprint.errorhandler(RateLimitExceeded)
def too_many(_: RateLimitExceeded) -> ResponseReturnValue:
    """The sign-in page, for somebody who has tried too often. Whoever is signed in stays so."""
    form = SignInForm()
    form.form_errors.append("Too many attempts to sign in. Wait a few minutes and try again.")
    return _sign_in_page(form), 429, {"Retry-After": str(seconds_to_wait())}


@blueprint.post("/sign-out")
@login_required  # type: ignore[untyped-decorator]
@in_transaction
def sign_out() -> ResponseReturnValue:
    """End this sign-in on the server, so that copies of its cookie are invalid too."""
    signed_in: Any = current_user
    organisers.sign_out(signed_in.id)
    logout_user()
    session.clear()
    flash("You are signed out.")
    return redirect(url_for(".sign_in"), 303)


def _email_key(typed: str) -> str:
    try:
        return normalised_email(typed)[1]
    except UnusableText:
        return ""


def _sign_in_page(form: SignInForm) -> str:
    return render_template("console/sign_in.html", form=form)


def _inside(target: str | None) -> str:
    """The page to go to after signing in, which is always one of the console."""
    parts = urlsplit(target or "")
    if target and not parts.scheme and not parts.netloc and parts.path.startswith("/console/"):
        return target
    return url_for("console.events.list_events")
