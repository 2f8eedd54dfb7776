"""The console: organisers' pages, all under /console and all but sign-in for organisers only."""

from typing import Any

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from services.registration.console import attendees, deliveries, events, people, previews, sign_in
from services.registration.console.sign_in import csrf

SIGN_IN = "console.sign_ins"


def init_console(app: Flask) -> None:
    """Add the console's pages."""
    sign_in.init_sign_in(app)
    console = Blueprint("console", __name__, url_prefix="/console", template_folder="templates")
    console.before_request(_protect)
    for pages in (sign_in, events, previews, attendees, people, deliveries):
        console.register_blueprint(pages.blueprint)
    app.register_blueprint(console)


def _protect() -> ResponseReturnValue | None:
    """Ask visitors to sign in, and reject forms from other sites."""
    visitor: Any = current_user
    if request.blueprint != SIGN_IN and not visitor.is_authenticated:
        return sign_in.ask_to_sign_in()
    csrf.protect()
    return None
