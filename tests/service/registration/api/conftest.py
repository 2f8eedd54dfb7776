"""Registering through the API."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.registering import ADA, Register


@pytest.fixture
def register(client: FlaskClient, event: str) -> Register:
    """Registers Ada for the event, with some fields changed."""

    def send(headers: dict[str, str] | None = None, **changes: Any) -> TestResponse:
        return client.post(f"/api/v1/events/{event}/registrations", json=ADA | changes, headers=headers)

    return send
