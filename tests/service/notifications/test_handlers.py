"""From the message that asks for a mail to the mail at the relay, and everything that can go wrong between."""

import sqlite3
from pathlib import Path

import dkim
import pytest

from services.notifications.letters import TEMPLATES
from services.notifications.models import Outbox, db, queue
from services.notifications.relay import circuit
from shared.contracts.receipts import Outcome, Settled
from shared.database.utc import now
from shared.messaging import outbox
from shared.messaging.outbox import Ending
from shared.messaging.receiving import MOST_ERRORS
from tests.support.mail_examples import a_mail
from tests.support.mail_signing import PRIVATE, pem, published
from tests.support.notifications_world import World, only_receipt, owed
from tests.support.receiving_relay import HANG_UP, ReceivingRelay


def test_a_mail_is_sent_and_a_receipt_returned(world: World, relay: ReceivingRelay) -> None:
    envelope = owed(a_mail())
    world.handle(envelope)
    (mail,) = relay.mails
    assert mail["To"] == "Ada Example <ada@example.org>"
    assert mail["Message-ID"] == f"<{envelope.id}@example.org>"
    assert relay.senders == ["events@example.org"]
    receipt = only_receipt(world)
    assert (receipt.message_id, receipt.outcome, receipt.detail) == (envelope.id, Outcome.SENT, "250 2.0.0 Taken")
    assert not receipt.possibly_repeated
    kept = world.delivery(envelope)
    assert (kept.status, kept.kind, kept.registration_id) == (
        "sent",
        "confirmed",
        "01900000-0000-7000-8000-00000000000a",
    )
    assert kept.message_id_header == mail["Message-ID"]
    assert kept.seconds_taken is not None
    assert kept.envelope is None


def test_a_redelivered_message_sends_no_second_mail_and_returns_the_same_receipt(
    world: World, relay: ReceivingRelay
) -> None:
    envelope = owed(a_mail())
    world.handle(envelope)
    world.handle(envelope)
    assert len(relay.mails) == 1
    first, second = world.receipts
    assert first == second


def test_an_older_mail_is_not_sent_after_a_newer_one(world: World, relay: ReceivingRelay) -> None:
    older, newer = owed(a_mail(), ordinal=1), owed(a_mail(kind="cancelled"), ordinal=2)
    world.handle(newer)
    world.handle(older)
    (mail,) = relay.mails
    assert mail["Message-ID"] == f"<{newer.id}@example.org>"
    assert world.delivery(older).status == "superseded"


def test_two_mails_go_over_one_connection(world: World, relay: ReceivingRelay) -> None:
    world.handle(owed(a_mail(), ordinal=1))
    world.handle(owed(a_mail(), ordinal=2))
    assert len(relay.mails) == 2
    assert len(relay.callers) == 1


def test_a_mail_that_is_refused_for_now_is_sent_later(world: World, relay: ReceivingRelay) -> None:
    relay.to_mails.append("451 4.7.1 Greylisted, ada@example.org, come back later")
    envelope = owed(a_mail())
    world.handle(envelope)
    waiting = world.delivery(envelope)
    assert (waiting.status, waiting.errors, waiting.crashes, world.receipts) == ("pending", 0, 0, [])
    assert waiting.detail == "The relay refused for now: 451 4.7.1 Greylisted, (address), come back later"
    assert waiting.due_at is not None
    world.let_the_pause_end(envelope)
    world.handle(envelope)
    assert len(relay.mails) == 1
    assert only_receipt(world).outcome == Outcome.SENT


@pytest.mark.parametrize("point", ["recipient", "mail"])
def test_a_mail_that_is_refused_for_good_fails_without_naming_anybody(
    world: World, relay: ReceivingRelay, point: str
) -> None:
    (relay.to_recipients if point == "recipient" else relay.to_mails).append("550 5.1.1 <ada@example.org> is unknown")
    envelope = owed(a_mail())
    world.handle(envelope)
    receipt = only_receipt(world)
    assert (receipt.outcome, receipt.detail) == (Outcome.FAILED, "550 5.1.1 <(address)> is unknown")
    assert "ada" not in str(world.delivery(envelope).detail)
    assert relay.mails == []


def test_after_a_refusal_the_next_mail_goes_over_the_same_connection(world: World, relay: ReceivingRelay) -> None:
    relay.to_recipients.append("550 5.1.1 Unknown")
    world.handle(owed(a_mail(email="nobody@example.org"), key="registration 2"))
    relay.to_mails.append("554 5.6.0 No")
    world.handle(owed(a_mail(), key="registration 3"))
    world.handle(owed(a_mail()))
    assert [mail["To"] for mail in relay.mails] == ["Ada Example <ada@example.org>"]
    assert len(relay.callers) == 1


def test_a_mail_that_the_relay_never_confirmed_is_sent_again_and_marked(world: World, relay: ReceivingRelay) -> None:
    relay.to_mails.append(HANG_UP)
    envelope = owed(a_mail())
    world.handle(envelope)
    assert (world.delivery(envelope).status, world.delivery(envelope).crashes) == ("pending", 1)
    world.let_the_pause_end(envelope)
    world.handle(envelope)
    first, second = relay.mails
    assert bytes(first) == bytes(second)
    assert only_receipt(world).possibly_repeated


def test_a_mail_that_the_relay_never_confirms_fails_after_three_tries(world: World, relay: ReceivingRelay) -> None:
    relay.to_mails.extend([HANG_UP] * 10)
    envelope = owed(a_mail())
    for _ in range(6):
        world.handle(envelope)
        world.let_the_pause_end(envelope)
    assert len(relay.mails) == 3
    assert {receipt.outcome for receipt in world.receipts if isinstance(receipt, Settled)} == {Outcome.FAILED}


def test_a_connection_that_the_relay_closed_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ReceivingRelay() as relay:
        world = World(tmp_path, monkeypatch, SMTP_URL=f"smtp://127.0.0.1:{relay.port}")
        world.handle(owed(a_mail(), ordinal=1))
    with ReceivingRelay(relay.port) as restarted:
        world.handle(owed(a_mail(), ordinal=2))
        assert len(restarted.mails) == 1


class Died(BaseException):
    """Ends a handler as the death of its process would."""


def test_a_mail_whose_worker_died_is_sent_again_with_the_same_bytes(
    world: World, relay: ReceivingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: object) -> None:
        raise Died

    envelope = owed(a_mail())
    with monkeypatch.context() as patched:
        patched.setattr(world.app.extensions["transport"], "_put_back", die)
        with pytest.raises(Died):
            world.handle(envelope)
    world.handle(envelope)
    assert len(relay.mails) == 1  # the lease is still held
    world.let_the_lease_run_out(envelope)
    world.handle(envelope)
    first, second = relay.mails
    assert bytes(first) == bytes(second)
    assert world.delivery(envelope).crashes == 1
    assert only_receipt(world).possibly_repeated


def test_the_database_is_not_locked_while_a_mail_is_sent(world: World, relay: ReceivingRelay, tmp_path: Path) -> None:
    def write() -> None:
        with sqlite3.connect(tmp_path / "notifications.db", timeout=0, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")

    relay.at_each_mail = write
    world.handle(owed(a_mail()))
    assert only_receipt(world).outcome == Outcome.SENT


def test_mails_wait_while_the_relay_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = ReceivingRelay()
    world = World(tmp_path, monkeypatch, SMTP_URL=f"smtp://127.0.0.1:{later.port}")
    first, second = owed(a_mail(), key="registration 1"), owed(a_mail(), key="registration 2")
    world.handle(first)
    with later:
        world.handle(second)  # the relay is back, but the circuit is still open
        assert later.mails == []
        for waiting in (world.delivery(first), world.delivery(second)):
            assert (waiting.status, waiting.errors) == ("pending", 0)
            assert waiting.detail == "The relay cannot be reached: Connection refused"
        monkeypatch.setattr(circuit, "monotonic", lambda: 1e9)
        world.let_the_pause_end(first)
        world.let_the_pause_end(second)
        world.handle(first)
        world.handle(second)
        assert len(later.mails) == 2


def test_each_mail_has_its_own_return_path_if_bounces_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relay: ReceivingRelay
) -> None:
    settings = {"SMTP_URL": f"smtp://127.0.0.1:{relay.port}", "BOUNCE_ADDRESS": "bounces+@example.org"}
    world = World(tmp_path, monkeypatch, **settings)
    envelope = owed(a_mail())
    world.handle(envelope)
    assert relay.senders == [f"bounces+{envelope.id.replace('-', '')}@example.org"]


def test_a_mail_is_signed_if_there_is_a_key_and_arrives_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relay: ReceivingRelay
) -> None:
    settings = {"SMTP_URL": f"smtp://127.0.0.1:{relay.port}", "DKIM_KEY": pem(PRIVATE), "DKIM_SELECTOR": "placecard"}
    world = World(tmp_path, monkeypatch, **settings)
    world.handle(owed(a_mail(stated_at=now(), reason=".\n. begins with a dot")))
    (content,) = relay.contents
    assert dkim.verify(content, dnsfunc=published)


def test_a_receipt_settles_the_message_it_names(world: World) -> None:
    with world.app.app_context():
        message_id = outbox.owe(queue, "registration", a_mail(), key="bounce", ordinal=1)
        db.session.commit()
        receipt = Settled(message_id=str(message_id), outcome=Outcome.DONE, at=now())
    world.handle(owed(receipt))
    with world.app.app_context():
        assert db.session.get_one(Outbox, message_id).outcome is Ending.DONE


def test_a_broken_template_fails_its_own_mails_and_no_others(
    world: World, relay: ReceivingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = TEMPLATES.from_string("{{ nobody.knows.this }}")
    sound = TEMPLATES.get_template
    monkeypatch.setattr(
        TEMPLATES, "get_template", lambda name, *more: broken if name == "cancelled.html" else sound(name, *more)
    )
    farewell, welcome = owed(a_mail(kind="cancelled"), key="registration 1"), owed(a_mail(), key="registration 2")
    for _ in range(MOST_ERRORS):
        world.handle(farewell)
        if world.delivery(farewell).settled_at is None:
            world.let_the_pause_end(farewell)
    world.handle(welcome)
    failed, sent = world.receipts
    assert isinstance(failed, Settled)
    assert isinstance(sent, Settled)
    assert (failed.outcome, sent.outcome) == (Outcome.FAILED, Outcome.SENT)
    assert "'nobody' is undefined" in failed.detail
    assert len(relay.mails) == 1
