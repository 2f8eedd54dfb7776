"""Metrics of notifications: figures, and never an address."""

from pathlib import Path

import pytest

from services.notifications.models import Heartbeat, db
from shared.runtime import heartbeat
from tests.support.mail_examples import a_mail
from tests.support.notifications_world import World, owed


def test_metrics_count_mails_by_outcome_and_say_how_long_they_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, monkeypatch, MAIL_DIR=str(tmp_path / "mail"))
    world.handle(owed(a_mail()))
    with world.app.app_context():
        heartbeat.beat(db.session, Heartbeat, sweep_seconds=0.25)
        db.session.commit()
    figures = world.app.test_client().get("/mail/metrics").text
    assert 'placecard_inbox{status="sent"} 1.0' in figures
    assert "placecard_mails_recent 1.0" in figures
    assert 'placecard_smtp_seconds{of="slowest"}' in figures
    assert "placecard_sweep_seconds 0.25" in figures
    assert "placecard_outbox_depth 0.0" in figures
    assert "placecard_possibly_repeated 0.0" in figures
    assert "@" not in figures
