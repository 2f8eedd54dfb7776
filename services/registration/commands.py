"""Commands of registration's own: letting the first organiser in, and loading the demo."""

from flask import Flask

from services.registration.demo import demo
from services.registration.models import db
from services.registration.operations import organisers
from services.registration.rules.questions import UnusableText
from services.registration.web.applications import normalised_email
from shared.runtime.settings import BadSetting


def let_first_organiser_in(app: Flask) -> None:
    """Accept the organiser and the API key that the settings name; harmless to repeat.

    Raises BadSetting if the address or the password cannot be used.
    """
    email, password, key = (app.config[f"ORGANISER_{name}"] for name in ("EMAIL", "PASSWORD", "API_KEY"))
    with app.app_context():
        if email and password:
            try:
                _, email_key = normalised_email(email)
            except UnusableText as error:
                raise BadSetting("ORGANISER_EMAIL must be an e-mail address.") from error
            if len(password) < organisers.SHORTEST_PASSWORD:
                raise BadSetting(f"ORGANISER_PASSWORD must have {organisers.SHORTEST_PASSWORD} characters or more.")
            organisers.ensure_organiser(email_key, password)
        if key:
            organisers.ensure_api_key(key, "first organiser")
        db.session.commit()


def load_demo(app: Flask) -> None:
    """Load the demo event, unless there are events."""
    with app.app_context():
        demo.load()
        db.session.commit()


def add_commands(app: Flask) -> None:
    """`flask --app services.registration organiser` and `demo`."""
    app.cli.command("organiser", help="Let the organiser in that the settings name.")(
        lambda: let_first_organiser_in(app)
    )
    app.cli.command("demo", help="Load the demo event, unless there are events.")(lambda: load_demo(app))
