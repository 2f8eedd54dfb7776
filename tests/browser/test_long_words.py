"""One word of 200 letters breaks no page."""

import json
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page

from tests.support.machine import Machine

LONG = "x" * 200


def test_a_word_of_200_letters_breaks_no_page(console: Page, machine: Machine) -> None:
    slug = f"long-{uuid4().hex[:8]}"
    session = {"starts_at": "2030-11-04T12:30", "ends_at": "2030-11-04T14:00", "title": LONG, "location": LONG}
    option: dict[str, Any] = {"value": "one", "label": LONG}
    questions = [
        {"key": "a", "label": LONG, "help": LONG},
        {"key": "b", "label": LONG, "type": "any of", "options": [option]},
    ]
    event: dict[str, Any] = {
        "title": LONG,
        "slug": slug,
        "timezone": "Europe/London",
        "description": LONG,
        "sessions": [session],
    }
    body = json.dumps(event | {"questions": questions}).encode()
    assert machine.api("POST", "/events", body).status == 201
    assert machine.api("POST", f"/events/{slug}/publish", b"{}").status == 200
    person: dict[str, Any] = {
        "name": LONG,
        "email": f"{slug}@example.org",
        "organisation": LONG,
        "consents": ["privacy"],
    }
    person |= {"answers": {"a": LONG, "b": ["one"]}}
    sent = machine.api("POST", f"/events/{slug}/registrations", json.dumps(person).encode())
    registration = json.load(machine.api("GET", f"/events/{slug}/registrations"))["registrations"][0]["id"]
    assert sent.status == 201
    for path in (
        "/",
        f"/events/{slug}",
        f"/events/{slug}/embed",
        "/console/",
        f"/console/events/{slug}",
        f"/console/events/{slug}/change",
        f"/console/events/{slug}/cancel",
        f"/console/events/{slug}/preview",
        f"/console/registrations/{registration}",
        f"/console/registrations/{registration}/cancel",
    ):
        console.goto(machine.base + path)
        console.wait_for_load_state()
        width = console.viewport_size["width"] if console.viewport_size else 0
        assert console.evaluate("document.documentElement.scrollWidth") <= width, path
