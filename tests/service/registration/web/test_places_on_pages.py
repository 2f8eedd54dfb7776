"""Pages say where each session is."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

HALL, LIBRARY, LINK = "Example Hall", "Example Library", "https://meet.example.org/x"


def page_of(client: FlaskClient, bearer: dict[str, str], *places: dict[str, str]) -> str:
    """The page of an event with a session at each of these places."""
    sessions = [
        {"starts_at": f"2030-11-0{day}T12:30", "ends_at": f"2030-11-0{day}T14:00", **place}
        for day, place in enumerate(places, 1)
    ]
    event: dict[str, Any] = {"title": "T", "slug": "t", "timezone": "Europe/London", "sessions": sessions}
    assert client.post("/api/v1/events", json=event, headers=bearer).status_code == 201
    client.post("/api/v1/events/t/publish", headers=bearer)
    return client.get("/events/t").text


def said(page: str) -> list[str]:
    return re.findall(r'class="where">([^<]+)<', page)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([{"location": HALL}, {"location": HALL}], [HALL]),
        ([{"location": HALL}, {"location": LIBRARY}], [HALL, LIBRARY]),
        ([{"location": HALL}, {"join_url": LINK}], [HALL, "Online"]),
        ([{"location": HALL, "join_url": LINK}], [f"{HALL}, and online"]),
        ([{}], ["Online"]),
    ],
)
def test_sessions_show_their_places(
    client: FlaskClient, bearer: dict[str, str], places: list[dict[str, str]], expected: list[str]
) -> None:
    assert said(page_of(client, bearer, *places)) == expected
