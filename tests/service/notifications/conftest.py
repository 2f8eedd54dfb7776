"""Notifications, and a relay that takes its mails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.notifications_world import World
from tests.support.receiving_relay import ReceivingRelay


@pytest.fixture
def relay() -> Iterator[ReceivingRelay]:
    with ReceivingRelay() as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relay: ReceivingRelay) -> World:
    return World(tmp_path, monkeypatch, SMTP_URL=f"smtp://127.0.0.1:{relay.port}")
