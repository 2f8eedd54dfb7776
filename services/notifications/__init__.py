"""Notifications: writes the mails, sends them, and keeps what became of each."""

import os
from collections.abc import Mapping
from pathlib import Path

from flask import Flask

from services.notifications import inbox_pages, messages  # noqa: F401  (the handlers)
from services.notifications.compose import Letterhead
from services.notifications.config import Config
from services.notifications.maildir import Maildir
from services.notifications.models import Heartbeat, db, queue
from services.notifications.smtp import Relay, SmtpTransport
from shared.service import stand_up


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The whole service. Raises BadSetting where a setting is missing or wrong."""
    config = Config.read(environ)
    app = Flask(__name__, static_folder=None)
    stand_up(app, config, db=db, queue=queue, heartbeat_table=Heartbeat, prefix="/mail")
    letterhead = Letterhead(config.MAIL_FROM, config.REPLY_TO, config.BOUNCE_ADDRESS)
    app.extensions["letterhead"] = letterhead
    if config.SMTP_URL:
        app.extensions["transport"] = SmtpTransport(
            Relay.at(config.SMTP_URL),
            domain=letterhead.domain,
            connections=config.SMTP_MAX_CONNECTIONS,
            rate=config.SMTP_RATE,
            timeout=config.SMTP_TIMEOUT,
        )
    else:
        maildir = Maildir(Path(config.MAIL_DIR or ""))
        app.extensions["transport"] = maildir
        app.register_blueprint(inbox_pages.of(maildir))
    return app
