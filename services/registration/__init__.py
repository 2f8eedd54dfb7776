"""Registration: events, people, registrations and cohorts. The source of truth; only it decides."""

import os
from collections.abc import Mapping

from flask import Flask

from services.registration import handlers
from services.registration.api import init_api
from services.registration.commands import add_commands
from services.registration.config import Config
from services.registration.console import init_console
from services.registration.jobs import JOBS
from services.registration.models import Heartbeat, db, queue
from services.registration.public import init_public
from services.registration.web.pages import init_pages
from services.registration.web.rate_limits import init_limits
from shared.runtime.service import set_up_service

__all__ = ["create_app", "handlers"]

LARGEST_REQUEST = 256 * 1024


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The whole service. Raises BadSetting, which ends start-up, where a setting is missing or wrong."""
    config = Config.read(environ)
    app = Flask(__name__, template_folder="web/templates")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    set_up_service(app, config, db=db, queue=queue, heartbeat_table=Heartbeat, durable=True, jobs=JOBS)
    init_limits(app)
    init_pages(app)
    init_public(app)
    init_console(app)
    init_api(app)
    add_commands(app)
    return app
