"""Programs that calendars come to: a real CalDAV server (Radicale), and a real subscriber (vdirsyncer)."""

import base64
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from shared.runtime.ports import free_port

PATIENCE_SECONDS = 20.0
USER, PASSWORD = "ada", "an example password"
COLLECTION = f"/{USER}/calendar/"

RADICALE = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
[storage]
filesystem_folder = {folder}/collections
[logging]
level = warning
"""

VDIRSYNCER = """
[general]
status_path = "{folder}/status"

[pair subscription]
a = "published"
b = "own"
collections = null
conflict_resolution = "a wins"
partial_sync = "ignore"

[storage published]
type = "http"
url = "{feed}"

[storage own]
type = "caldav"
url = "{caldav}"
username = "{user}"
password = "{password}"
"""

MAKE_CALENDAR = """<?xml version="1.0"?>
<mkcalendar xmlns="urn:ietf:params:xml:ns:caldav" xmlns:d="DAV:">
<d:set><d:prop>
<supported-calendar-component-set><comp name="VEVENT"/></supported-calendar-component-set>
</d:prop></d:set>
</mkcalendar>"""

QUERY = """<?xml version="1.0"?>
<calendar-query xmlns="urn:ietf:params:xml:ns:caldav" xmlns:d="DAV:">
<d:prop><calendar-data/></d:prop>
<filter><comp-filter name="VCALENDAR"><comp-filter name="VEVENT">
<time-range start="{start:%Y%m%dT%H%M%SZ}" end="{end:%Y%m%dT%H%M%SZ}"/>
</comp-filter></comp-filter></filter>
</calendar-query>"""


def events_in(calendar: str) -> list[Any]:
    """The events of a calendar."""
    return list(Calendar.from_ical(calendar).walk("VEVENT"))


class CalDav:
    """A person's calendar on the server."""

    def __init__(self, port: int) -> None:
        self.port = port

    @property
    def url(self) -> str:
        """Where the calendar is."""
        return f"http://127.0.0.1:{self.port}{COLLECTION}"

    def file(self, calendar: str) -> None:
        """File an invite as calendar programs do: under its UID, without its METHOD (RFC 4791, 4.1)."""
        parsed = Calendar.from_ical(calendar)
        parsed.pop("METHOD")
        uid = str(parsed.walk("VEVENT")[0]["UID"])
        self.ask("PUT", f"{COLLECTION}{uid}.ics", parsed.to_ical(), expected=(201, 204), type="text/calendar")

    def at(self, instant: datetime) -> list[Any]:
        """The events that the server itself finds in the minute from `instant` (UTC)."""
        query = QUERY.format(start=instant, end=instant + timedelta(minutes=1)).encode()
        answer = self.ask("REPORT", COLLECTION, query, expected=(207,), type="application/xml", Depth="1")
        texts = [node.text for node in ET.fromstring(answer).iter("{urn:ietf:params:xml:ns:caldav}calendar-data")]
        return [event for text in texts for event in events_in(text or "")]

    def ask(self, method: str, path: str, body: bytes, *, expected: tuple[int, ...], type: str, **headers: str) -> str:
        """One request, and what the server says to it."""
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request(method, path, body, {"Content-Type": type, "Authorization": f"Basic {basic}", **headers})
        answer = connection.getresponse()
        said = answer.read().decode()
        assert answer.status in expected, f"{answer.status} {said}"
        return said


@contextmanager
def radicale(folder: Path) -> Iterator[CalDav]:
    """A running CalDAV server with an empty calendar."""
    port = free_port()
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    (folder / "config").write_text(RADICALE.format(port=port, folder=folder))
    command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            _wait_for(port, server, folder / "log")
            calendar = CalDav(port)
            calendar.ask("MKCALENDAR", COLLECTION, MAKE_CALENDAR.encode(), expected=(201,), type="application/xml")
            yield calendar
        finally:
            server.terminate()


class Subscriber:
    """Carries a calendar that it subscribes to into one on a CalDAV server, again and again."""

    def __init__(self, folder: Path, feed: str, caldav: CalDav) -> None:
        folder.mkdir()
        self.config = folder / "config"
        values = {"folder": folder, "feed": feed, "caldav": caldav.url, "user": USER, "password": PASSWORD}
        self.config.write_text(VDIRSYNCER.format(**values))
        self._run("discover")

    def look_again(self) -> None:
        """Fetch the calendar and carry over what has changed."""
        self._run("sync")

    def _run(self, command: str) -> None:
        run = [sys.executable, "-m", "vdirsyncer", "--config", str(self.config), command]
        done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr


def _wait_for(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(log.read_text())
