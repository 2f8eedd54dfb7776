"""Answers to invitations, from the calendar that gives them to the place that comes free."""

import json
import re
from typing import Any

from tests.support.machine import Machine, Mailbox, eventually, hidden, invite_of, link

EVENT: dict[str, Any] = {
    "title": "A small workshop",
    "slug": "a-small-workshop",
    "timezone": "Europe/London",
    "capacity": 1,
    "sessions": [{"starts_at": "2029-06-12T10:00", "ends_at": "2029-06-12T11:00"}],
    "invites": {"decline_frees_place": True},
}


def register(machine: Machine, name: str) -> None:
    body = {"name": f"{name} Example", "email": f"{name.lower()}-answers@example.org", "consents": ["privacy"]}
    path = "/events/a-small-workshop/registrations"
    assert machine.api("POST", path, json.dumps(body).encode()).status == 201


def answer(machine: Machine, invite: str, partstat: str) -> None:
    """Answer an invite as a calendar does, into the folder that answers arrive in."""
    unfolded = re.sub(r"\r?\n ", "", invite)
    reply = unfolded.replace("METHOD:REQUEST", "METHOD:REPLY").replace("NEEDS-ACTION", partstat)
    mail = f"From: ada-answers@example.org\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n{reply}"
    (machine.folder / "var" / "inbound" / "new" / partstat).write_bytes(mail.encode())


def status_and_answer(machine: Machine, name: str) -> tuple[str, str | None]:
    """A person's status, and their answer."""
    found = json.load(machine.api("GET", f"/events/a-small-workshop/registrations?q={name}-answers"))
    (registration,) = found["registrations"]
    return registration["status"], registration["rsvp"]


def confirm_on_own_page(machine: Machine, path: str) -> None:
    """Choose to give the place up."""
    form_key = hidden(machine.text(f"{path}/decline"), "form_key")
    machine.post(f"{path}/decline", {"form_key": form_key, "sure": "yes"})


def test_a_no_in_the_calendar_gives_the_place_on_once_confirmed(machine: Machine, mailbox: Mailbox) -> None:
    assert machine.api("POST", "/events", json.dumps(EVENT).encode()).status == 201
    assert machine.api("POST", "/events/a-small-workshop/publish", b"{}").status == 200
    for name in ("Ada", "Ben"):
        register(machine, name)
        mailbox.wait_for(1, f"{name.lower()}-answers@example.org")
    (mail,) = mailbox.to("ada-answers@example.org")
    invite = invite_of(mail)
    assert invite is not None

    answer(machine, invite, "ACCEPTED")
    eventually(lambda: status_and_answer(machine, "ada") == ("confirmed", "accepted"), "the answer did not arrive")
    assert status_and_answer(machine, "ben") == ("waitlisted", None)

    answer(machine, re.sub(r"DTSTAMP:\d{8}", "DTSTAMP:20290101", invite), "DECLINED")
    _, question = mailbox.wait_for(2, "ada-answers@example.org")
    assert question["Subject"] == "Did you say no? A small workshop"
    assert status_and_answer(machine, "ada") == ("confirmed", "declined_unproved")
    assert status_and_answer(machine, "ben") == ("waitlisted", None)

    confirm_on_own_page(machine, link(question, "/registrations/"))

    *_, farewell = mailbox.wait_for(3, "ada-answers@example.org")
    _, welcome = mailbox.wait_for(2, "ben-answers@example.org")
    assert status_and_answer(machine, "ada") == ("cancelled", "declined")
    assert status_and_answer(machine, "ben") == ("confirmed", None)
    assert "METHOD:CANCEL" in (invite_of(farewell) or "")
    body = farewell.get_body(["plain"])
    assert body is not None
    assert "You told us that you can't come" in body.get_content()
    assert "METHOD:REQUEST" in (invite_of(welcome) or "")
