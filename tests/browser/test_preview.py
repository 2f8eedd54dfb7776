"""An organiser looks at what people get, chooses how invites are, and sends the mail to themselves."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.machine import Machine, eventually


def test_the_preview_shows_the_mail_and_can_be_sent(
    console: Page, machine: Machine, finds_no_barrier: Callable[[Page], None]
) -> None:
    console.get_by_role("link", name="Place-based systemic change: what we are learning").click()
    console.get_by_role("link", name="Preview e-mails").click()
    expect(console.get_by_text("Puts the event in the calendar (REQUEST)")).to_be_visible()
    expect(console.get_by_text("Greenwich Mean Time, London").first).to_be_visible()
    letter = console.frame_locator("iframe[title='The mail as HTML']")
    expect(letter.get_by_role("heading", name="You have a place")).to_be_visible()
    finds_no_barrier(console)
    console.get_by_role("button", name="Send it to myself").click()
    expect(console.get_by_role("status")).to_contain_text("on its way to you")
    finds_no_barrier(console)
    eventually(lambda: machine.environment["ORGANISER_EMAIL"] in machine.text("/mail/inbox"), "no mail came")
    console.get_by_role("link", name="The waiting list").click()
    expect(console.get_by_text("This mail has no invite.")).to_be_visible()
    expect(letter.get_by_role("heading", name="You are on the waiting list")).to_be_visible()
    finds_no_barrier(console)


def test_choices_about_invites_are_made_on_the_events_form(
    console: Page, machine: Machine, finds_no_barrier: Callable[[Page], None]
) -> None:
    console.get_by_role("link", name="Place-based systemic change: what we are learning").click()
    console.get_by_role("link", name="Change event").click()
    answers = console.get_by_role("group", name="Ask for an answer?")
    expect(answers.get_by_label("Yes")).to_be_checked()
    console.get_by_label("Minutes from the reminder to the start").fill("soon")
    console.get_by_label("Organiser’s e-mail address").fill("host@elsewhere.example.org")
    console.get_by_role("button", name="Save").click()
    expect(console.get_by_role("alert")).to_contain_text("Give a whole number from 0 to 40,320")
    expect(console.get_by_label("Minutes from the reminder to the start")).to_have_attribute("aria-invalid", "true")
    finds_no_barrier(console)
    console.get_by_label("Minutes from the reminder to the start").fill("45")
    console.get_by_role("button", name="Save").click()
    expect(console.get_by_role("note")).to_contain_text("Answers to the invitation go to host@elsewhere.example.org")
    finds_no_barrier(console)
    console.get_by_role("link", name="Preview e-mails").click()
    expect(console.get_by_text("45 minutes before")).to_be_visible()
    expect(console.get_by_text("host@elsewhere.example.org")).to_be_visible()
    console.goto(f"{machine.base}/console/events/pbsc-learning/change")
    console.get_by_label("Organiser’s e-mail address").fill("")
    console.get_by_role("button", name="Save").click()
    expect(console.get_by_role("note")).to_have_count(0)
