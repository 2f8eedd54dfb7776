"""The course whose invitation Ada answers."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.invitation_answers import COURSE, Make


@pytest.fixture
def course(client: FlaskClient, bearer: dict[str, str]) -> Make:
    """Makes and publishes the course with one place, which Ada has and Ben waits for. Returns its sessions' ids."""

    def make(**invites: Any) -> list[str]:
        made = client.post("/api/v1/events", json={**COURSE, "invites": invites}, headers=bearer)
        assert made.status_code == 201, made.get_json()
        client.post("/api/v1/events/a-course/publish", headers=bearer)
        for name in ("Ada", "Ben"):
            body = {"name": f"{name} Example", "email": f"{name.lower()}@example.org", "consents": ["privacy"]}
            assert client.post("/api/v1/events/a-course/registrations", json=body).status_code == 201
        return [session["id"] for session in made.get_json()["sessions"]]

    return make
