"""Notifications: writes mails, sends them, and records the outcome of each."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from flask import Flask

from services.notifications import handlers, previews  # noqa: F401  (the handlers)
from services.notifications.compose import Letterhead
from services.notifications.config import Config
from services.notifications.local import inbox_pages
from services.notifications.local.maildir import Maildir
from services.notifications.models import Heartbeat, db, queue
from services.notifications.relay.pool import SmtpTransport
from services.notifications.relay.signing import Signer, UnusableKey
from services.notifications.relay.slots import ConnectionSlots, RateLimit
from services.notifications.relay.smtp import Relay
from shared.runtime.service import set_up_service
from shared.runtime.settings import BadSetting


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The service's Flask application. Raises BadSetting if a setting is missing or wrong."""
    config = Config.read(environ)
    app = Flask(__name__, static_folder=None)
    set_up_service(app, config, db=db, queue=queue, heartbeat_table=Heartbeat, prefix="/mail")
    letterhead = Letterhead(config.MAIL_FROM, config.REPLY_TO, config.BOUNCE_ADDRESS)
    app.extensions["letterhead"] = letterhead
    app.register_blueprint(previews.blueprint)
    app.extensions["signer"] = _signer(config, letterhead.domain)
    queue.longest_trying = timedelta(hours=config.MAIL_RETRY_HOURS)
    if config.SMTP_URL:
        app.extensions["transport"] = _transport(app, config, letterhead.domain)
    else:
        maildir = Maildir(Path(config.MAIL_DIR or ""))
        app.extensions["transport"] = maildir
        app.register_blueprint(inbox_pages.blueprint_for(maildir))
    return app


def _signer(config: Config, domain: str) -> Signer | None:
    if config.DKIM_KEY is None or config.DKIM_SELECTOR is None:
        return None
    try:
        return Signer(config.DKIM_KEY, config.DKIM_SELECTOR, domain)
    except UnusableKey as error:
        raise BadSetting(f"DKIM_KEY cannot be used: {error}.") from error


def _transport(app: Flask, config: Config, domain: str) -> SmtpTransport:
    relay = Relay.at(config.SMTP_URL or "")
    with app.app_context():
        engine = db.engine
    return SmtpTransport(
        relay,
        domain=domain,
        slots=ConnectionSlots(engine, relay.name, config.SMTP_MAX_CONNECTIONS),
        rate_limit=RateLimit(engine, relay.name, config.SMTP_RATE),
        timeout=config.SMTP_TIMEOUT,
    )
