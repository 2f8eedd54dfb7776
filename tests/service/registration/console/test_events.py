"""Changing an event in the console: the choices about its invites."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from services.registration.models import Event, TimelineEntry, db
from services.registration.operations import events
from services.registration.rules.invites import Invites
from tests.support.browser import Browser

USUAL = {
    "takes_registrations": "yes",
    "title": "Winter webinar",
    "invites.asks_for_rsvp": "yes",
    "invites.decline_frees_place": "no",
    "invites.reminder_minutes": "15",
    "invites.organiser_name": "",
    "invites.organiser_email": "",
}


@pytest.fixture
def fields(app: Flask, event: str) -> dict[str, str]:
    """The fields of the form, as they are."""
    with app.app_context():
        session = db.session.scalars(select(Event)).one().sessions[0].id
    return {
        **USUAL,
        "sessions-0-id": str(session),
        "sessions-0-starts_at": "2030-11-04T14:00",
        "sessions-0-ends_at": "2030-11-04T15:00",
        "sessions-0-join_url": "https://meet.example.org/winter",
    }


def kept(app: Flask) -> Invites:
    with app.app_context():
        return db.session.scalars(select(Event)).one().invites


def test_choices_about_invites_are_kept_and_nobody_is_told(
    app: Flask, browser: Browser, event: str, fields: dict[str, str]
) -> None:
    path = f"/console/events/{event}/change"
    chosen = {"invites.asks_for_rsvp": "no", "invites.reminder_minutes": "60", "invites.organiser_name": "Ada Host"}
    sent = browser.send(path, **browser.hidden(path), **fields | chosen)
    assert sent.status_code == 303
    assert "Nobody needs to be notified" in browser.page(sent.location)
    assert kept(app) == Invites(asks_for_rsvp=False, reminder_minutes=60, organiser_name="Ada Host")
    with app.app_context():
        assert not db.session.scalars(select(Event)).one().notices_due
        entry = db.session.scalars(select(TimelineEntry).filter_by(what="changed")).one()
        assert entry.detail == {"changes": ["invites"]}
    page = browser.page(path)
    assert 'value="60"' in page
    no = re.search(r'<input[^>]*name="invites.asks_for_rsvp"[^>]*value="no"[^>]*>', page)
    assert no is not None
    assert "checked" in no[0]


def test_only_a_change_that_people_must_know_says_that_they_will_be_notified(
    browser: Browser, event: str, fields: dict[str, str]
) -> None:
    path = f"/console/events/{event}/change"
    with_title = fields | {"title": "Spring webinar"}
    sent = browser.send(path, **browser.hidden(path), **with_title)
    assert "Everyone who is registered will be notified" in browser.page(sent.location)
    sent = browser.send(path, **browser.hidden(path), **with_title | {"invites.reminder_minutes": "60"})
    assert "Nobody needs to be notified" in browser.page(sent.location)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"invites.reminder_minutes": "soon"}, "Give a whole number from 0 to 40,320"),
        ({"invites.reminder_minutes": "40321"}, "Give a whole number from 0 to 40,320"),
        (
            {"invites.asks_for_rsvp": "no", "invites.decline_frees_place": "yes"},
            "A No can free the place only if you ask",
        ),
        ({"invites.organiser_email": "nobody"}, "Enter an e-mail address in the form"),
        ({"invites.organiser_name": "a\x07b"}, "This holds a line break or a character that cannot be kept"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_changes(
    app: Flask, browser: Browser, fields: dict[str, str], typed: dict[str, str], sentence: str
) -> None:
    path = "/console/events/winter-webinar/change"
    refused = browser.send(path, **browser.hidden(path), **fields | typed)
    assert refused.status_code == 422
    field = next(iter(reversed(typed)))
    assert sentence in refused.text.partition(f'id="{field}-error"')[2].partition("</p>")[0]
    assert kept(app) == Invites()


def test_answers_that_go_past_us_are_warned_of(
    app: Flask, browser: Browser, event: str, fields: dict[str, str]
) -> None:
    path = f"/console/events/{event}/change"
    assert "Answers to the invitation go to" not in browser.page(path)
    sent = browser.send(path, **browser.hidden(path), **fields | {"invites.organiser_email": "ada@host.example.org"})
    for page in (sent.location, path):
        assert "Answers to the invitation go to ada@host.example.org, not to this list." in browser.page(page)


def test_saving_a_cancelled_event_tells_nobody_anything(
    app: Flask, browser: Browser, event: str, bearer: dict[str, str], fields: dict[str, str]
) -> None:
    path = f"/console/events/{event}/change"
    keys = browser.hidden(path)
    ann = {"name": "Ann Example", "email": "ann@example.org", "consents": ["privacy"]}
    assert browser.client.post(f"/api/v1/events/{event}/registrations", json=ann).status_code == 201
    browser.client.post(f"/api/v1/events/{event}/cancel", headers=bearer)
    assert notified(app) == 1
    browser.send(path, **keys, **fields | {"title": "Another title", "sessions-0-starts_at": "2030-11-04T14:30"})
    assert "will be notified" not in browser.page(f"/console/events/{event}")
    assert notified(app) == 0


def notified(app: Flask) -> int:
    """How many people the clock notifies of changes now."""
    with app.app_context():
        count = events.notify_of_changes()
        db.session.commit()
        return count
