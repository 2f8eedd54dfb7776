"""An event in each of its states: its pages say it, and have no barrier."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support import event_states
from tests.support.machine import Machine

Look = Callable[[Page], None]
SAID = {
    "full": "Every place is taken, and there is no waiting list.",
    "closed": "Registration has closed.",
    "not_open_yet": "Registration opens on Wednesday 1 October 2031, 09.00 (British Summer Time).",
    "over": "This event is over.",
    "cancelled": "This event is cancelled.",
}


@pytest.fixture(scope="module")
def slugs(machine: Machine) -> dict[str, str]:
    """The slugs of the events by their states."""
    return event_states.make_all(machine)


def test_an_event_says_its_state_in_place_of_its_form(
    page: Page, machine: Machine, slugs: dict[str, str], finds_no_barrier: Look
) -> None:
    for state, sentence in SAID.items():
        for path in (f"/events/{slugs[state]}", f"/events/{slugs[state]}/embed"):
            page.goto(machine.base + path)
            expect(page.get_by_text(sentence)).to_be_visible()
            expect(page.get_by_role("button", name="Register")).to_have_count(0)
            if not path.endswith("embed"):
                finds_no_barrier(page)
    for state in ("open", "waiting_list"):
        page.goto(f"{machine.base}/events/{slugs[state]}")
        expect(page.get_by_role("button", name="Register")).to_be_visible()
        finds_no_barrier(page)


def test_lists_of_events_and_pages_of_drafts_have_no_barrier(
    console: Page, machine: Machine, slugs: dict[str, str], finds_no_barrier: Look
) -> None:
    draft = f"/console/events/{slugs['draft']}"
    pages = (
        "/",
        "/?past=yes",
        "/console/",
        "/console/?past=yes",
        draft,
        f"{draft}/change",
        f"{draft}/publish",
        f"{draft}/delete",
    )
    for path in pages:
        console.goto(machine.base + path)
        finds_no_barrier(console)


def test_an_organiser_is_shown_what_somebody_else_changed(
    console: Page, machine: Machine, slugs: dict[str, str], finds_no_barrier: Look
) -> None:
    slug = slugs["open"]
    console.goto(f"{machine.base}/console/events/{slug}/change")
    machine.api("PATCH", f"/events/{slug}", b'{"title": "Theirs"}')
    console.get_by_label("Title").fill("Mine")
    console.get_by_role("button", name="Save").click()
    expect(console.get_by_role("alert")).to_contain_text("Title is now “Theirs”.")
    expect(console.get_by_label("Title")).to_have_value("Mine")
    finds_no_barrier(console)
    console.get_by_role("button", name="Save").click()
    expect(console.get_by_role("heading", name="Mine")).to_be_visible()
    machine.api("PATCH", f"/events/{slug}", b'{"title": "Learning together: open"}')
