"""From form to inbox, with real processes, a real broker and a real mail server."""

import csv
import io
import json
import re

import vobject.base

from tests.support.machine import Machine, Mailbox, invite_of, link


def calendar_of(mail: object) -> object:
    invite = invite_of(mail)  # type: ignore[arg-type]
    assert invite is not None
    return vobject.base.readOne(invite)  # type: ignore[no-untyped-call]


def test_who_registers_gets_one_mail_with_an_invite_that_calendars_read(machine: Machine, mailbox: Mailbox) -> None:
    answer = machine.register(
        "road@example.org",
        **{"answers.organisation_type": "charity", "answers.interests": ["webinar", "community_of_practice"]},
    )
    assert answer.status == 200
    (mail,) = mailbox.wait_for(1, "road@example.org")
    calendar = calendar_of(mail)
    event = calendar.vevent  # type: ignore[attr-defined]
    assert calendar.method.value == "REQUEST"  # type: ignore[attr-defined]
    assert event.dtstart.value.strftime("%d %b %H:%M %Z") == "04 Nov 12:30 GMT"
    assert event.attendee.value.lower() == "mailto:road@example.org"
    assert event.sequence.value == "0"
    body = mail.get_body(["plain"])
    assert body is not None
    assert "You are in the community of practice" in body.get_content()


def test_registering_twice_sends_the_link_to_the_own_page_and_no_second_invite(
    machine: Machine, mailbox: Mailbox
) -> None:
    first = machine.register("twice@example.org").read()
    mailbox.wait_for(1, "twice@example.org")
    second = machine.register("twice@example.org").read()
    _, reminder = mailbox.wait_for(2, "twice@example.org")
    assert first == second
    assert invite_of(reminder) is None
    assert "You have a place" in machine.text(link(reminder, "/registrations/"))


def test_cancelling_on_the_own_page_takes_the_event_out_of_the_calendar(machine: Machine, mailbox: Mailbox) -> None:
    machine.register("leaver@example.org")
    (mail,) = mailbox.wait_for(1, "leaver@example.org")
    own_page = link(mail, "/registrations/")
    assert "Cancel your registration" in machine.text(f"{own_page}/cancel")
    assert machine.get(own_page).status == 200
    assert "You have a place" in machine.text(own_page)
    assert machine.post(f"{own_page}/cancel", {"sure": "yes"}).status == 200
    _, farewell = mailbox.wait_for(2, "leaver@example.org")
    before, after = calendar_of(mail), calendar_of(farewell)
    assert after.method.value == "CANCEL"  # type: ignore[attr-defined]
    assert after.vevent.status.value == "CANCELLED"  # type: ignore[attr-defined]
    assert after.vevent.uid.value == before.vevent.uid.value  # type: ignore[attr-defined]
    assert int(after.vevent.sequence.value) > int(before.vevent.sequence.value)  # type: ignore[attr-defined]
    assert "You have cancelled" in machine.text(own_page)


def test_moving_and_calling_off_an_event_is_told_to_all(machine: Machine, mailbox: Mailbox) -> None:
    event = {
        "title": "A short meeting",
        "slug": "a-short-meeting",
        "timezone": "Europe/London",
        "sessions": [{"starts_at": "2027-06-10T10:00", "ends_at": "2027-06-10T11:00"}],
        "questions": [],
    }
    assert machine.api("POST", "/events", json.dumps(event).encode()).status == 201
    assert machine.api("POST", "/events/a-short-meeting/publish", b"{}").status == 200
    people = [f"meeting{number}@example.org" for number in range(5)]
    for email in people:
        body = json.dumps({"name": "Ben Example", "email": email, "answers": {}, "consents": ["privacy"]}).encode()
        assert machine.api("POST", "/events/a-short-meeting/registrations", body).status == 201
        mailbox.wait_for(1, email)
    sessions = [{"starts_at": "2027-06-11T10:00", "ends_at": "2027-06-11T11:00"}]
    moved = machine.api("PATCH", "/events/a-short-meeting", json.dumps({"sessions": sessions}).encode())
    assert moved.status == 200
    for email in people:
        mailbox.wait_for(2, email)
    assert machine.api("POST", "/events/a-short-meeting/cancel", b"{}").status == 200
    for email in people:
        calendars = [calendar_of(mail) for mail in mailbox.wait_for(3, email)]
        assert [c.method.value for c in calendars] == ["REQUEST", "REQUEST", "CANCEL"]  # type: ignore[attr-defined]
        assert [c.vevent.sequence.value for c in calendars] == ["0", "1", "2"]  # type: ignore[attr-defined]
        assert calendars[1].vevent.dtstart.value.day == 11  # type: ignore[attr-defined]
        assert len({c.vevent.uid.value for c in calendars}) == 1  # type: ignore[attr-defined]


def test_the_organiser_takes_the_list_away(machine: Machine, mailbox: Mailbox) -> None:
    machine.register("listed@example.org", name="=cmd|' /C calc'!A0", organisation="Example Trust")
    mailbox.wait_for(1, "listed@example.org")
    answer = machine.api("GET", "/events/pbsc-learning/attendees.csv")
    content = answer.read()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    (row,) = [row for row in rows if row["email"] == "listed@example.org"]
    assert row["name"].startswith("'=")
    assert row["status"] == "confirmed"


def test_logs_hold_no_address_and_no_name(machine: Machine, mailbox: Mailbox) -> None:
    machine.register("quiet@example.org", name="Quiet Example")
    mailbox.wait_for(1, "quiet@example.org")
    log = (machine.folder / "log").read_text()
    assert "quiet@example.org" not in log
    assert "Quiet Example" not in log


def test_each_service_says_that_it_is_ready(machine: Machine) -> None:
    for prefix in ("", "/calendar", "/mail"):
        assert machine.get(f"{prefix}/readyz").status == 200
        assert "placecard_outbox_depth" in machine.text(f"{prefix}/metrics")
        assert not re.search(r"[\w.]+@[\w.]+", machine.text(f"{prefix}/metrics"))
