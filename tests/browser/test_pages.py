"""What people see and do, in a real browser, with no barrier that axe-core can find."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.support.machine import Machine, eventually

Look = Callable[[Page], None]


def fill_in(page: Page, machine: Machine, email: str) -> None:
    page.goto(f"{machine.base}/events/pbsc-learning")
    page.get_by_label("Your name").fill("Ada Example")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("A funder that also works in a place").check()
    page.get_by_label("The community of practice, for places").check()
    page.get_by_label("The pilot of practical tools, for funders").check()
    page.get_by_label("The funder pilot", exact=True).check()
    page.get_by_label("I agree that my details").check()


def address(what: str) -> str:
    return f"{what}-{uuid4().hex[:8]}@example.org"


def test_the_form_leads_to_the_inbox_and_to_the_own_page(page: Page, machine: Machine, finds_no_barrier: Look) -> None:
    email = address("form")
    fill_in(page, machine, email)
    finds_no_barrier(page)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    finds_no_barrier(page)

    eventually(lambda: email in machine.text("/mail/inbox"), "no mail came")
    page.goto(f"{machine.base}/mail/inbox")
    finds_no_barrier(page)
    page.get_by_role("row", name=email).get_by_role("link").first.click()
    finds_no_barrier(page)
    own_page = page.get_by_text("/registrations/").first.inner_text().split("/registrations/")[1].split()[0]

    page.goto(f"{machine.base}/registrations/{own_page}")
    expect(page.get_by_text("You have a place")).to_be_visible()
    expect(page.get_by_text("You are in the funder pilot")).to_be_visible()
    finds_no_barrier(page)
    page.get_by_role("link", name="Change my answers").click()
    expect(page.get_by_label("A funder that also works in a place")).to_be_checked()
    finds_no_barrier(page)
    page.get_by_role("button", name="Save my answers").click()
    page.get_by_role("link", name="Cancel my registration").click()
    finds_no_barrier(page)
    page.get_by_label("Yes").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("You have cancelled")).to_be_visible()
    finds_no_barrier(page)


def test_mistakes_are_named_at_their_fields_and_nothing_typed_is_lost(
    page: Page, machine: Machine, finds_no_barrier: Look
) -> None:
    page.goto(f"{machine.base}/events/pbsc-learning")
    page.get_by_label("Your name").fill("Ada Example")
    page.get_by_label("E-mail address").fill("not an address")
    page.get_by_label("A charity").check()
    page.get_by_role("button", name="Register").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Enter an e-mail address in the form name@example.org.")
    expect(page.get_by_label("Your name")).to_have_value("Ada Example")
    expect(page.get_by_label("E-mail address")).to_have_value("not an address")
    expect(page.get_by_label("A charity")).to_be_checked()
    expect(page.get_by_label("E-mail address")).to_have_attribute("aria-invalid", "true")
    finds_no_barrier(page)
    summary.get_by_role("link", name="Tick this box").click()
    expect(page.get_by_label("I agree that my details")).to_be_focused()
    summary.get_by_role("link", name="Enter an e-mail address").click()
    expect(page.get_by_label("E-mail address")).to_be_focused()
    expect(page.get_by_text("E-mail address", exact=True).last).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Enter an e-mail address in the form name@example.org.").last).to_be_in_viewport(ratio=1)


def test_an_organiser_signs_in_and_sees_who_comes_and_why(page: Page, machine: Machine, finds_no_barrier: Look) -> None:
    email = address("console")
    machine.register(email, name="Console Example", **{"answers.interests": ["funder_pilot"]})
    page.goto(f"{machine.base}/console/")
    finds_no_barrier(page)
    page.get_by_label("E-mail address").fill(machine.environment["ORGANISER_EMAIL"])
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("That e-mail or password isn’t right.")
    finds_no_barrier(page)
    page.get_by_label("Password").fill(machine.environment["ORGANISER_PASSWORD"])
    page.get_by_role("button", name="Sign in").click()
    finds_no_barrier(page)
    page.get_by_role("link", name="Place-based systemic change: what we are learning").click()
    finds_no_barrier(page)
    page.get_by_label("Name, address or organisation").fill(email)
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Console Example").click()
    expect(page.get_by_text("Asked, and nothing else matches").first).to_be_visible()
    finds_no_barrier(page)
    page.get_by_label("Place in funder pilot").check()
    page.get_by_role("button", name="Save the decision about funder pilot").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    page.goto(f"{machine.base}/console/events/pbsc-learning/change")
    finds_no_barrier(page)
    page.goto(f"{machine.base}/console/events/pbsc-learning/cancel")
    finds_no_barrier(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{machine.base}/console/events/pbsc-learning")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_organiser_sees_what_failed_and_sends_it_again(
    console: Page, machine: Machine, finds_no_barrier: Look
) -> None:
    email = address("failing")
    machine.register(email, name="Failing Example")
    with closing(sqlite3.connect(machine.folder / "var" / "registration.sqlite")) as database, database:
        database.execute("UPDATE people SET email = '@' || email WHERE email_key = ?", [email])  # no address
    machine.register(email, name="Failing Example")
    console.get_by_role("link", name="Mail problems").click()
    finds_no_barrier(console)
    eventually(lambda: "Failing Example" in _failed(console, machine), "no failure is shown")
    expect(console.get_by_text("This is not an address that mail can be sent to.").first).to_be_visible()
    finds_no_barrier(console)
    console.get_by_role("button", name="Send again to Failing Example").first.click()
    expect(console.get_by_role("status")).to_contain_text("It is on its way again.")
    console.get_by_role("link", name="May have arrived twice").click()
    finds_no_barrier(console)


def _failed(page: Page, machine: Machine) -> str:
    page.goto(f"{machine.base}/console/deliveries?state=failed")
    return page.content()


def test_public_pages_have_no_barrier(page: Page, machine: Machine, finds_no_barrier: Look) -> None:
    for path in (
        "/",
        "/events/pbsc-learning",
        "/events/pbsc-learning/embed",
        "/nowhere",
        "/registrations/nonsense",
        "/api/docs",
    ):
        page.goto(machine.base + path)
        finds_no_barrier(page)


def test_registering_sets_no_cookie(page: Page, machine: Machine) -> None:
    fill_in(page, machine, address("cookie"))
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert page.context.cookies() == []
