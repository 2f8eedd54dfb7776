"""The calendar service: attaches invites to notices, serves calendar subscriptions, reads answers to invites."""

import os
from collections.abc import Mapping

from flask import Flask

from services.calendar import feeds, handlers, previews
from services.calendar.config import Config
from services.calendar.inbound import post
from services.calendar.jobs import jobs_for
from services.calendar.models import Heartbeat, db, queue
from shared.runtime.service import set_up_service

__all__ = ["create_app", "handlers"]


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The calendar service with the settings of its environment. Raises BadSetting if one is missing or wrong."""
    config = Config.read(environ)
    app = Flask(__name__, static_folder=None)
    set_up_service(
        app, config, db=db, queue=queue, heartbeat_table=Heartbeat, prefix="/calendar", jobs=jobs_for(config)
    )
    for pages in (feeds, post, previews):
        app.register_blueprint(pages.blueprint)
    return app
