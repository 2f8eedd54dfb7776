"""How one of our services signs a question to another."""

import hashlib
from datetime import timedelta

from flask import Flask

from shared.database.utc import now
from shared.web import tokens
from shared.web.tokens import Purpose


def signed(app: Flask, body: str) -> dict[str, str]:
    """The headers that come with this question and with no other."""
    digest = hashlib.sha256(body.encode()).hexdigest()
    token = tokens.sign(app.config["SECRET_KEY"], Purpose.SERVICE_CALL, digest, now() + timedelta(minutes=1))
    return {"Authorization": f"Bearer {token}"}
