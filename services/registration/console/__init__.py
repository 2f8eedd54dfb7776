"""The console: where organisers see who comes, why each is where they are, and take lists away."""

from flask import Blueprint, Flask

from services.registration.console.attendees import attendees
from services.registration.console.deliveries import deliveries
from services.registration.console.events import events
from services.registration.console.previews import previews
from services.registration.console.sign_in import init_sign_in, sign_ins


def init_console(app: Flask) -> None:
    """Add the console's pages under /console."""
    console = Blueprint("console", __name__, url_prefix="/console")
    for pages in (sign_ins, events, previews, attendees, deliveries):
        console.register_blueprint(pages)
    init_sign_in(app)
    app.register_blueprint(console)
