"""Pages tell the event's own time and its zone's name, wherever the reader is."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Registration, db
from services.registration.notices import links


@pytest.mark.parametrize(
    ("timezone", "day", "zone"),
    [
        ("Europe/London", "2030-11-04", "Greenwich Mean Time, London"),
        ("Europe/London", "2030-06-04", "British Summer Time, London"),
        ("Europe/Belfast", "2030-06-04", "British Summer Time, Belfast"),
        ("America/New_York", "2030-11-04", "Eastern Standard Time, New York"),
        ("Asia/Kolkata", "2030-11-04", "India Standard Time, Kolkata"),
        ("Australia/Sydney", "2030-11-04", "Australian Eastern Daylight Time, Sydney"),
        ("Pacific/Pago_Pago", "2030-11-04", "Samoa Standard Time, Pago Pago"),
    ],
)
def test_a_registrant_sees_the_events_local_time_and_its_zone(
    client: FlaskClient, bearer: dict[str, str], timezone: str, day: str, zone: str
) -> None:
    sessions = [{"starts_at": f"{day}T12:30", "ends_at": f"{day}T14:00"}]
    event: dict[str, Any] = {"title": "Anywhere", "slug": "anywhere", "timezone": timezone, "sessions": sessions}
    assert client.post("/api/v1/events", json=event, headers=bearer).status_code == 201
    client.post("/api/v1/events/anywhere/publish", headers=bearer)
    ada = {"name": "Ada Example", "email": "ada@example.org", "consents": ["privacy"]}
    client.post("/api/v1/events/anywhere/registrations", json=ada)
    with client.application.app_context():
        own_page = links.own_page(db.session.scalars(select(Registration)).one()).partition("localhost:8000")[2]
    for path in ("/events/anywhere", own_page):
        page = client.get(path).text
        assert "12.30 to 14.00" in page
        assert zone in page
