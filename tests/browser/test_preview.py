"""An organiser looks at what people get, chooses how invites are, and sends the mail to themselves."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.system.machine import Machine, eventually


def sign_in(page: Page, machine: Machine) -> None:
    page.goto(f"{machine.base}/console/sign-in")
    page.get_by_label("E-mail address").fill(machine.environment["ORGANISER_EMAIL"])
    page.get_by_label("Password").fill(machine.environment["ORGANISER_PASSWORD"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Place-based systemic change: what we are learning").click()


def test_the_preview_shows_the_mail_and_can_be_sent(
    page: Page, machine: Machine, finds_no_barrier: Callable[[Page], None]
) -> None:
    sign_in(page, machine)
    page.get_by_role("link", name="See what people get").click()
    expect(page.get_by_text("Puts the event in the calendar (REQUEST)")).to_be_visible()
    expect(page.get_by_text("Greenwich Mean Time, London").first).to_be_visible()
    letter = page.frame_locator("iframe[title='The mail as HTML']")
    expect(letter.get_by_role("heading", name="You have a place")).to_be_visible()
    finds_no_barrier(page)
    page.get_by_role("button", name="Send it to myself").click()
    expect(page.get_by_role("status")).to_contain_text("on its way to you")
    finds_no_barrier(page)
    eventually(lambda: machine.environment["ORGANISER_EMAIL"] in machine.text("/mail/inbox"), "no mail came")
    page.get_by_role("link", name="The waiting list").click()
    expect(page.get_by_text("This mail carries none.")).to_be_visible()
    expect(letter.get_by_role("heading", name="You are on the waiting list")).to_be_visible()
    finds_no_barrier(page)


def test_choices_about_invites_are_made_on_the_events_form(
    page: Page, machine: Machine, finds_no_barrier: Callable[[Page], None]
) -> None:
    sign_in(page, machine)
    page.get_by_role("link", name="Change the event").click()
    answers = page.get_by_role("group", name="Ask for an answer?")
    expect(answers.get_by_label("Yes")).to_be_checked()
    page.get_by_label("Remind so many minutes before").fill("soon")
    page.get_by_label("Organiser’s e-mail address").fill("host@elsewhere.example.org")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Give a whole number from 0 to 40,320")
    expect(page.get_by_label("Remind so many minutes before")).to_have_attribute("aria-invalid", "true")
    finds_no_barrier(page)
    page.get_by_label("Remind so many minutes before").fill("45")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("note")).to_contain_text("Answers to the invitation go to host@elsewhere.example.org")
    finds_no_barrier(page)
    page.get_by_role("link", name="See what people get").click()
    expect(page.get_by_text("45 minutes before")).to_be_visible()
    expect(page.get_by_text("host@elsewhere.example.org")).to_be_visible()
    page.goto(f"{machine.base}/console/events/pbsc-learning/change")
    page.get_by_label("Organiser’s e-mail address").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("note")).to_have_count(0)
