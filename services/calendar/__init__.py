"""The calendar service: staples invites to notices, serves calendars to subscribe to, reads the answers."""

import os
from collections.abc import Mapping

from flask import Flask

from services.calendar import handlers, previews
from services.calendar.config import Config
from services.calendar.feeds import pages as feeds
from services.calendar.inbound import replies
from services.calendar.jobs import jobs_for
from services.calendar.models import Heartbeat, db, queue
from shared.runtime.service import set_up_service

__all__ = ["create_app", "handlers"]


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The calendar service as its environment describes it. Raises BadSetting where that is wrong."""
    config = Config.read(environ)
    app = Flask(__name__, static_folder=None)
    set_up_service(
        app, config, db=db, queue=queue, heartbeat_table=Heartbeat, prefix="/calendar", jobs=jobs_for(config)
    )
    app.register_blueprint(feeds)
    app.register_blueprint(replies.pages)
    app.register_blueprint(previews.pages)
    return app
