"""Answers to invitations, from the calendar that gives them to the place that comes free."""

import json
import re
from typing import Any

from tests.support.machine import Machine, Mailbox, eventually, invite_of

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
    mail = f"From: somebody@example.org\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n{reply}"
    (machine.folder / "var" / "inbound" / "new" / partstat).write_bytes(mail.encode())


def standing(machine: Machine, name: str) -> tuple[str, str | None]:
    """How somebody stands, and what they answered."""
    found = json.load(machine.api("GET", f"/events/a-small-workshop/registrations?q={name}-answers"))
    (registration,) = found["registrations"]
    return registration["status"], registration["rsvp"]


def test_a_no_in_the_calendar_gives_the_place_to_whoever_waits(machine: Machine, mailbox: Mailbox) -> None:
    assert machine.api("POST", "/events", json.dumps(EVENT).encode()).status == 201
    assert machine.api("POST", "/events/a-small-workshop/publish", b"{}").status == 200
    for name in ("Ada", "Ben"):
        register(machine, name)
        mailbox.wait_for(1, f"{name.lower()}-answers@example.org")
    (mail,) = mailbox.to("ada-answers@example.org")
    invite = invite_of(mail)
    assert invite is not None

    answer(machine, invite, "ACCEPTED")
    eventually(lambda: standing(machine, "ada") == ("confirmed", "accepted"), "the answer did not arrive")
    assert standing(machine, "ben") == ("waitlisted", None)

    answer(machine, re.sub(r"DTSTAMP:\d{8}", "DTSTAMP:20290101", invite), "DECLINED")
    _, farewell = mailbox.wait_for(2, "ada-answers@example.org")
    _, welcome = mailbox.wait_for(2, "ben-answers@example.org")
    assert standing(machine, "ada") == ("cancelled", "declined")
    assert standing(machine, "ben") == ("confirmed", None)
    assert "METHOD:CANCEL" in (invite_of(farewell) or "")
    body = farewell.get_body(["plain"])
    assert body is not None
    assert "You said no to the invitation in your calendar" in body.get_content()
    assert "METHOD:REQUEST" in (invite_of(welcome) or "")
