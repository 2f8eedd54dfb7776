"""Many threads, few connections."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from services.notifications import smtp
from services.notifications.smtp import Relay, SmtpTransport
from shared.inbox import TryAgain
from tests.service.notifications.receiving_relay import ReceivingRelay

MAIL = b"Subject: Hello\r\n\r\nHello\r\n.hidden dot\r\n"


@pytest.fixture
def relay() -> Iterator[ReceivingRelay]:
    with ReceivingRelay() as running:
        yield running


def transport_to(relay: ReceivingRelay, connections: int = 4) -> SmtpTransport:
    where = Relay("smtp", "127.0.0.1", relay.port)
    return SmtpTransport(where, domain="example.org", connections=connections, rate=0, timeout=5)


def send(transport: SmtpTransport, times: int = 1) -> None:
    for _ in range(times):
        transport.send("events@example.org", "ada@example.org", MAIL)


def test_many_threads_share_few_connections(relay: ReceivingRelay) -> None:
    transport = transport_to(relay, connections=3)
    with ThreadPoolExecutor(16) as threads:
        for done in [threads.submit(send, transport, 10) for _ in range(16)]:
            done.result()
    assert len(relay.mails) == 160
    assert len(relay.callers) <= 3


def test_a_connection_is_replaced_after_a_hundred_mails(relay: ReceivingRelay) -> None:
    send(transport_to(relay), 101)
    assert len(relay.callers) == 2


def test_a_connection_that_has_rested_too_long_is_not_used_again(
    relay: ReceivingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = transport_to(relay)
    send(transport)
    later = monotonic() + 31
    monkeypatch.setattr(smtp, "monotonic", lambda: later)
    send(transport)
    assert len(relay.callers) == 2


def test_nothing_is_opened_before_the_first_mail() -> None:
    threads = threading.active_count()
    transport_to(ReceivingRelay())
    assert threading.active_count() == threads


def test_a_line_that_begins_with_a_dot_arrives_whole(relay: ReceivingRelay) -> None:
    send(transport_to(relay))
    assert relay.mails[0].get_content() == "Hello\r\n.hidden dot\r\n"


def test_a_mail_whose_lease_would_run_out_is_not_begun(relay: ReceivingRelay) -> None:
    slow = SmtpTransport(
        Relay("smtp", "127.0.0.1", relay.port), domain="example.org", connections=1, rate=0, timeout=60
    )
    with pytest.raises(TryAgain, match="too slow"):
        send(slow)
    assert relay.mails == []
