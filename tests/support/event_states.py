"""An event in each of its states, made by the API."""

import json
from typing import Any

from tests.support.machine import Machine

COMING = [
    {"starts_at": "2031-11-06T12:30", "ends_at": "2031-11-06T14:00", "join_url": "https://meet.example.org/x"},
    {"starts_at": "2031-11-13T12:30", "ends_at": "2031-11-13T14:00", "location": "Example Hall, 1 Example Street"},
]
GONE = [{"starts_at": "2021-11-04T12:30", "ends_at": "2021-11-04T14:00", "join_url": "https://meet.example.org/x"}]
ABOUT = "We share what we have learned, and listen to *what you have*.\n\n- One\n- Two\n\nEverybody is welcome."
STATES: dict[str, dict[str, Any]] = {
    "open": {},
    "waiting_list": {"capacity": 1},
    "full": {"capacity": 1, "waitlist": False},
    "closed": {"takes_registrations": False},
    "not_open_yet": {"opens_at": "2031-10-01T09:00"},
    "over": {"sessions": GONE},
    "cancelled": {},
}


def make_all(machine: Machine) -> dict[str, str]:
    """Make an event in each state. Returns the slugs by state; the draft's is among them."""
    for state, fields in {**STATES, "draft": {}}.items():
        _make(machine, state, fields)
    return {state: slug_of(state) for state in (*STATES, "draft")}


def slug_of(state: str) -> str:
    """The slug of the event in a state."""
    return f"an-event-{state.replace('_', '-')}"


def _make(machine: Machine, state: str, fields: dict[str, Any]) -> None:
    def ask(path: str, **body: Any) -> int:
        return int(machine.api("POST", path, json.dumps(body).encode()).status)

    slug = slug_of(state)
    words = state.replace("_", " ")
    whole = {"title": f"Learning together: {words}", "slug": slug, "timezone": "Europe/London", "description": ABOUT}
    assert ask("/events", **{"sessions": COMING, **whole, **fields}) == 201
    if state == "draft":
        return
    assert ask(f"/events/{slug}/publish", even_if_over=True) == 200
    if "capacity" in fields:
        ann = {"name": "Ann Example", "email": "ann@example.org", "answers": {}, "consents": ["privacy"]}
        assert ask(f"/events/{slug}/registrations", **ann) == 201
    if state == "cancelled":
        reason = "The hall is closed for repairs. We are sorry."
        assert ask(f"/events/{slug}/cancel", reason=reason) == 200
