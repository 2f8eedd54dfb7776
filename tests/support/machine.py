"""The whole product as real processes, with a mail server of its own to send to."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from aiosmtpd.controller import Controller

from shared.runtime.ports import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0


class Mailbox:
    """An SMTP server that keeps what it is sent."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self._arrived = threading.Condition()
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()
        return "250 kept"

    def wait_for(self, count: int, to: str) -> list[EmailMessage]:
        """The mails to an address, once there are so many."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.to(to)) >= count, PATIENCE_SECONDS), (
                f"{len(self.to(to))} of {count} mails came"
            )
            return self.to(to)

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to an address so far, in order of arrival."""
        return [mail for mail in self.mails if address in str(mail["To"])]

    @property
    def url(self) -> str:
        """Where to send mail."""
        return f"smtp://127.0.0.1:{self.controller.port}"


class Machine:
    """One running Placecard, started as `make run` starts it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PORT": str(self.port),
            "DATA_DIR": str(folder / "var"),
            "RATE_LIMIT": "off",
            "ORGANISER_EMAIL": "organiser@example.org",
            "ORGANISER_PASSWORD": "a long example password",
            "ORGANISER_API_KEY": "an-example-key-for-tests-only",
            **environment,
        }
        self.log = (folder / "log").open("ab")
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "services.embedded"],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        eventually(lambda: self._is_up(process), "Placecard did not start")
        return process

    def _is_up(self, process: "subprocess.Popen[bytes]") -> bool:
        assert process.poll() is None, (self.folder / "log").read_text()
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False

    def get(self, path: str, **headers: str) -> HTTPResponse:
        """Open a page, whatever its status."""
        return self.open(Request(self.base + path, headers=headers))

    def text(self, path: str) -> str:
        """A page's text."""
        return self.get(path).read().decode()

    def open(self, request: Request) -> HTTPResponse:
        """Send a request; an error's page is an answer too."""
        try:
            return urlopen(request, timeout=PATIENCE_SECONDS)  # type: ignore[no-any-return]
        except HTTPError as answer:
            return answer  # type: ignore[return-value]

    def api(self, method: str, path: str, body: bytes | None = None, **headers: str) -> HTTPResponse:
        """Call the API as the organiser."""
        allowed = {"Authorization": f"Bearer {self.environment['ORGANISER_API_KEY']}"}
        sent = {"Content-Type": "application/json", **allowed, **headers}
        return self.open(Request(f"{self.base}/api/v1{path}", body, sent, method=method))

    def register(self, email: str, **fields: Any) -> HTTPResponse:
        """Fill in the demo event's form, and send it."""
        form_key = hidden(self.text("/events/pbsc-learning"), "form_key")
        typed = {"form_key": form_key, "name": "Ada Example", "email": email, "consents": "privacy", **fields}
        return self.post("/events/pbsc-learning", typed)

    def post(self, path: str, typed: dict[str, Any]) -> HTTPResponse:
        """Send a form."""
        return self.open(Request(self.base + path, urlencode(typed, doseq=True).encode()))

    def processes(self) -> list[int]:
        """The processes that belong to this machine, Redis too."""
        mine = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                here = str(self.folder)
                if here in str((folder / "cwd").readlink()) or here.encode() in (folder / "environ").read_bytes():
                    mine.append(int(folder.name))
            except OSError:
                continue
        return mine

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and wait until it has; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        status = self.process.wait(PATIENCE_SECONDS)
        self.log.close()
        return status


def hidden(page: str, name: str) -> str:
    """The value of a page's hidden field."""
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return found[1]


def link(mail: EmailMessage, contains: str) -> str:
    """The path of the first link in a mail's text that contains something."""
    body = mail.get_body(["plain"])
    assert body is not None
    found = re.search(rf"https?://[^/\s]+(\S*{contains}\S*)", body.get_content())
    assert found, body.get_content()
    return found[1]


def invite_of(mail: EmailMessage) -> str | None:
    """The calendar object that a mail carries for calendars to act on."""
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            return str(part.get_content())
    return None


def eventually(true: Callable[[], Any], otherwise: str) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
