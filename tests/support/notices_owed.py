"""The notices that registration owes people."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from services.registration.models import Outbox, db


def notices_owed(app: Flask) -> list[dict[str, Any]]:
    """The notices in the outbox, the oldest first."""
    with app.app_context():
        bodies = [row.body or {} for row in db.session.scalars(select(Outbox).order_by(Outbox.id))]
    return [body["notice"] for body in bodies if "notice" in body]


def kinds_owed(app: Flask) -> list[str]:
    """Their kinds."""
    return [notice["kind"] for notice in notices_owed(app)]
