"""Who cancelled, of registrations from before it was kept."""

import pytest
from alembic import command
from flask import Flask
from flask.testing import FlaskClient

from shared.database.migrations import config_of
from tests.support.browser import Browser


@pytest.mark.parametrize("actor", ["api", "registrant"])
def test_who_cancelled_is_read_from_the_timeline(
    app: Flask, client: FlaskClient, bearer: dict[str, str], event: str, actor: str
) -> None:
    path = f"/api/v1/events/{event}/registrations"
    made = [
        client.post(path, json={"name": name, "email": f"{name}@example.org", "consents": ["privacy"]}, headers=bearer)
        for name in ("ann", "bea")
    ]
    ann = made[0].get_json()
    if actor == "api":
        client.delete(f"/api/v1/registrations/{ann['id']}", headers=bearer)
    else:
        page = ann["page_url"].removeprefix("http://localhost:8000")
        client.post(f"{page}/cancel", data=Browser(client).hidden(f"{page}/cancel") | {"sure": "yes"})
    with app.app_context():
        command.downgrade(config_of(app), "0009")
        command.upgrade(config_of(app), "head")
    found = client.get(path, headers=bearer).get_json()["registrations"]
    assert {one["name"]: one["cancelled_by"] for one in found} == {"ann": actor, "bea": None}
