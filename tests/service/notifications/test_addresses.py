"""Which addresses a mail is sent to, and which get none."""

from pathlib import Path

import dkim
import pytest

from services.notifications.models import Suppression, db
from shared.contracts.receipts import Outcome
from shared.database.utc import now
from tests.support.mail_examples import a_mail
from tests.support.mail_signing import PRIVATE, pem, published
from tests.support.notifications_world import World, only_receipt, owed
from tests.support.receiving_relay import ReceivingRelay


def test_a_suppressed_address_gets_no_mail(world: World, relay: ReceivingRelay) -> None:
    with world.app.app_context():
        Suppression.start("Ada@Example.org ", "The mailbox does not exist.")
        db.session.commit()
        assert "ada" not in str(db.session.query(Suppression).one().__dict__).lower()
    world.handle(owed(a_mail()))
    receipt = only_receipt(world)
    assert (receipt.outcome, receipt.detail) == (Outcome.SUPPRESSED, "The mailbox does not exist.")
    assert relay.mails == []


def test_a_mail_that_cannot_be_composed_fails_with_the_reason(world: World, relay: ReceivingRelay) -> None:
    world.handle(owed(a_mail(email="ada@example.org, eve@example.com")))
    receipt = only_receipt(world)
    assert (receipt.outcome, receipt.detail) == (Outcome.FAILED, "This is not an address that mail can be sent to.")
    assert relay.mails == []


def test_an_address_in_idna_2008_is_not_another_domain(world: World, relay: ReceivingRelay) -> None:
    world.handle(owed(a_mail(email="ada@faß.example.org")))
    assert relay.recipients == ["ada@xn--fa-hia.example.org"]


def test_an_address_with_an_accent_before_the_at_fails_if_the_relay_does_not_support_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ReceivingRelay(enable_SMTPUTF8=False) as relay:
        world = World(tmp_path, monkeypatch, SMTP_URL=f"smtp://127.0.0.1:{relay.port}")
        world.handle(owed(a_mail(email="jörg@example.org")))
    receipt = only_receipt(world)
    assert receipt.outcome == Outcome.FAILED
    assert receipt.detail == (
        "Our mail server cannot send to an address with letters such as é before the @ (it lacks SMTPUTF8)."
    )
    assert relay.mails == []


def test_an_address_with_an_accent_before_the_at_is_used_if_the_relay_supports_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ReceivingRelay(enable_SMTPUTF8=True) as relay:
        settings = {
            "SMTP_URL": f"smtp://127.0.0.1:{relay.port}",
            "DKIM_KEY": pem(PRIVATE),
            "DKIM_SELECTOR": "placecard",
        }
        world = World(tmp_path, monkeypatch, **settings)
        world.handle(owed(a_mail(email="jörg@example.org", stated_at=now()), key="registration 2"))
        world.handle(owed(a_mail()))
        assert relay.recipients == ["jörg@example.org", "ada@example.org"]
        assert "\r\n <jörg@example.org>\r\n".encode() in relay.contents[0]
        assert dkim.verify(relay.contents[0], dnsfunc=published)
