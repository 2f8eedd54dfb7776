"""`/healthz`, `/readyz` and `/metrics` of every service."""

from typing import Any

from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.messaging.metrics import registry_for
from shared.messaging.queue import Queue
from shared.runtime import heartbeat


def health(queue: Queue, prefix: str, heartbeat_table: Any) -> Blueprint:
    """The blueprint of `/healthz`, `/readyz` and `/metrics`, also under `prefix` for a host shared by all services."""
    pages = Blueprint("health", __name__)

    def healthz() -> ResponseReturnValue:
        return {"status": "ok", "service": queue.name}

    def readyz() -> ResponseReturnValue:
        missing = _missing(queue, heartbeat_table)
        return {"ready": not missing, "missing": missing}, 503 if missing else 200

    def metrics() -> ResponseReturnValue:
        return Response(generate_latest(registry_for(queue, heartbeat_table)), content_type=CONTENT_TYPE_LATEST)

    for view in (healthz, readyz, metrics):
        pages.add_url_rule(f"/{view.__name__}", view.__name__, view)
        if prefix:
            pages.add_url_rule(f"{prefix}/{view.__name__}", f"{view.__name__}_prefixed", view)
    return pages


def _missing(queue: Queue, heartbeat_table: Any) -> list[str]:
    try:
        queue.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        queue.session.rollback()
        return ["database"]
    missing = []
    if _migrations_behind(queue):
        missing.append("migrations")
    elif heartbeat.is_quiet(queue.session, heartbeat_table):
        missing.append("clock")
    if not queue.broker_answers():
        missing.append("broker")
    return missing


def _migrations_behind(queue: Queue) -> bool:
    head = ScriptDirectory(current_app.extensions["migrate"].directory).get_current_head()
    try:
        return bool(queue.session.scalar(text("SELECT version_num FROM alembic_version")) != head)
    except SQLAlchemyError:
        queue.session.rollback()
        return True
