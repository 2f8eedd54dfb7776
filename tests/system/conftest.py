"""One machine and one mailbox for all system tests; each uses addresses of its own."""

from collections.abc import Iterator

import pytest

from tests.support.machine import Machine, Mailbox


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """A mail server."""
    box = Mailbox()
    box.controller.start()
    yield box
    box.controller.stop()


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Machine]:
    """A running Placecard that sends to the mail server."""
    running = Machine(tmp_path_factory.mktemp("machine"), SMTP_URL=mailbox.url)
    yield running
    running.stop()
