"""Several web processes share one port; they end with their parent and are replaced when they die."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from shared.runtime.ports import accepts, free_port
from tests.support.machine import ROOT, eventually


class Web:
    """Registration's web server with two processes."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "SECRET_KEY": "a secret for tests only",
            "REGISTRATION_DATABASE_URL": f"sqlite:///{folder}/registration.sqlite",
            "BROKER_URL": "redis://127.0.0.1:1/0",
            "MAIL_FROM": "events@example.org",
            "PORT": str(self.port),
            "WEB_WORKERS": "2",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "services.registration", "web"], cwd=ROOT, env=self.environment
        )
        eventually(lambda: len(self.children()) == 2 and self.answers(), "the web processes did not start")

    def children(self) -> set[int]:
        """The processes that answer requests."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return {int(child) for task in tasks for child in task.read_text().split()}

    def answers(self) -> bool:
        """True where a page comes."""
        return accepts(self.port) and urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10).status == 200


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    if sys.platform != "linux":
        pytest.skip("only Linux tells children of their parent's end")
    web = Web(tmp_path)
    yield web
    web.process.terminate()
    web.process.wait()


def test_processes_whose_parent_is_killed_let_go_of_the_port(web: Web) -> None:
    web.process.kill()
    web.process.wait()
    eventually(lambda: not accepts(web.port), "a web process keeps the port")


def test_a_process_that_is_killed_is_replaced(web: Web) -> None:
    before = web.children()
    os.kill(min(before), signal.SIGKILL)
    eventually(lambda: len(web.children() - before) == 1, "no process took its place")
    assert web.answers()


def test_being_told_to_stop_ends_them_all(web: Web) -> None:
    web.process.terminate()
    assert web.process.wait(20) == 0
    assert not accepts(web.port)
