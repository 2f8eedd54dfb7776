"""Sets up the parts that all services have: settings, database, queue, health pages and commands."""

from dataclasses import asdict
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

from shared.database import db as databases
from shared.database.migrations import migrations_of
from shared.messaging.queue import Queue
from shared.runtime import health
from shared.runtime.clock import Job
from shared.runtime.commands import add_commands
from shared.runtime.logs import configure_logs
from shared.runtime.settings import Settings
from shared.web import headers
from shared.web.proxies import TrustedProxies


def set_up_service(
    app: Flask,
    settings: Settings,
    *,
    db: SQLAlchemy,
    queue: Queue,
    heartbeat_table: Any,
    prefix: str = "",
    durable: bool = False,
    jobs: tuple[Job, ...] = (),
) -> None:
    """Add the common parts to `app`.

    `prefix` is the path of its health pages on a host shared by all services. `durable` marks the database that is
    the source of truth.
    """
    configure_logs(settings.LOG_LEVEL, settings.LOG_FORMAT)
    app.config.from_mapping(asdict(settings))
    if settings.TRUSTED_PROXIES:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.TRUSTED_PROXIES)  # type: ignore[method-assign]
    databases.connect(app, db, settings.DATABASE_URL, durable=durable)
    Migrate(app, db, directory=str(migrations_of(app)))
    queue.init_app(app, settings.BROKER_URL)
    app.extensions["heartbeat"] = heartbeat_table
    app.extensions["jobs"] = jobs
    headers.protect(app)
    app.register_blueprint(health.health(queue, prefix, heartbeat_table))
    add_commands(app)
