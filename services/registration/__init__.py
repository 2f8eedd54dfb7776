"""Registration: events, people, registrations and cohorts. The source of truth; only it decides."""

import os
from collections.abc import Mapping

from flask import Flask

from services.registration import messages
from services.registration.config import Config
from services.registration.jobs import JOBS
from services.registration.models import Heartbeat, db, queue
from shared.service import stand_up

__all__ = ["create_app", "messages"]


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The whole service. Raises BadSetting, which ends start-up, where a setting is missing or wrong."""
    config = Config.read(environ)
    app = Flask(__name__)
    stand_up(app, config, db=db, queue=queue, heartbeat_table=Heartbeat, durable=True, jobs=JOBS)
    return app
