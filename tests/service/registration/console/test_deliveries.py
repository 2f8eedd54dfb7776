"""The organiser sees what has not arrived, and why, and sends it again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.registration.models import Outbox, Session, TimelineEntry, db, queue
from services.registration.operations import receipts
from shared.contracts.receipts import Outcome, Settled
from shared.database.utc import now
from tests.support.browser import Browser

HOUR = timedelta(hours=1)


@pytest.fixture
def owed(app: Flask, client: FlaskClient, event: str) -> list[UUID]:
    """The ids of the confirmations owed to two people."""
    for name in ("Ada Example", "Bo Example"):
        email = f"{name.split()[0].lower()}@example.org"
        body = {"name": name, "email": email, "consents": ["privacy"]}
        assert client.post(f"/api/v1/events/{event}/registrations", json=body).status_code == 201
    with app.app_context():
        return list(db.session.scalars(select(Outbox.id).filter_by(type="notice-due").order_by(Outbox.id)))


def settle(app: Flask, message_id: UUID, outcome: str, detail: str = "", **more: Any) -> None:
    with app.app_context():
        receipts.record(
            [Settled(message_id=str(message_id), outcome=Outcome(outcome), at=now(), detail=detail, **more)]
        )
        db.session.commit()


def test_what_is_owed_is_listed_with_whom_it_is_for(browser: Browser, owed: list[UUID]) -> None:
    page = browser.page("/console/deliveries")
    assert "Ada Example" in page
    assert "Bo Example" in page
    assert "A place" in page


def test_what_failed_is_listed_with_the_relays_words(app: Flask, browser: Browser, owed: list[UUID]) -> None:
    settle(app, owed[0], "failed", "550 5.1.1 (address) is unknown")
    page = browser.page("/console/deliveries?state=failed")
    assert "550 5.1.1 (address) is unknown" in page
    assert "Ada Example" in page
    assert "Bo Example" not in page


def test_what_may_have_come_twice_is_listed(app: Flask, browser: Browser, owed: list[UUID]) -> None:
    settle(app, owed[1], "sent", possibly_repeated=True)
    page = browser.page("/console/deliveries?state=possibly+repeated")
    assert "Bo Example" in page
    assert "Ada Example" not in page


def test_one_failed_mail_is_sent_again_once_however_often_the_button_is_pressed(
    app: Flask, browser: Browser, owed: list[UUID]
) -> None:
    settle(app, owed[0], "failed", "550 no")
    action = f"/console/deliveries/{owed[0]}/replay"
    keys = browser.hidden("/console/deliveries?state=failed", action)
    assert browser.send(action, **keys).status_code == 303
    assert browser.send(action, **keys).status_code == 303
    with app.app_context():
        again = db.session.scalars(select(Outbox).where(Outbox.id > owed[1])).all()
        assert [(row.key, row.settled_at) for row in again if row.type == "notice-due"] == [
            (db.session.get_one(Outbox, owed[0]).key, None)
        ]
        assert db.session.get_one(Outbox, owed[0]).outcome == "replayed"
        assert len(db.session.scalars(select(TimelineEntry).filter_by(what="mail sent again")).all()) == 1


def test_all_that_failed_is_sent_again(app: Flask, browser: Browser, owed: list[UUID]) -> None:
    for message_id in owed:
        settle(app, message_id, "failed", "550 no")
    keys = browser.hidden("/console/deliveries?state=failed", "/console/deliveries/replay")
    browser.send("/console/deliveries/replay", **keys)
    assert "No mails here" in browser.page("/console/deliveries?state=failed")
    assert "Ada Example" in browser.page("/console/deliveries")
    with app.app_context():
        assert len([row for row in db.session.scalars(select(queue.Outbox)) if row.settled_at is None]) >= 2


def test_no_mail_about_an_event_that_is_over_is_sent_again(app: Flask, browser: Browser, owed: list[UUID]) -> None:
    for message_id in owed:
        settle(app, message_id, "failed", "550 no")
    with app.app_context():
        (session,) = db.session.scalars(select(Session))
        session.starts_at, session.ends_at = now() - 2 * HOUR, now() - HOUR
        db.session.commit()
    said = {
        "/console/deliveries/replay": "No mail is on the way again. 2 mails are not, because their event is over.",
        f"/console/deliveries/{owed[0]}/replay": "This mail is not sent again, because its event is over.",
    }
    for action, sentence in said.items():
        browser.send(action, **browser.hidden("/console/deliveries?state=failed", action))
        assert sentence in browser.page("/console/deliveries?state=failed")
    with app.app_context():
        assert [db.session.get_one(Outbox, message_id).outcome for message_id in owed] == ["failed", "failed"]


def test_a_stranger_sees_nothing(client: FlaskClient) -> None:
    assert client.get("/console/deliveries").status_code == 302


def test_no_form_from_elsewhere_sends_anything_again(app: Flask, browser: Browser, owed: list[UUID]) -> None:
    settle(app, owed[0], "failed", "550 no")
    assert browser.send(f"/console/deliveries/{owed[0]}/replay").status_code == 400
