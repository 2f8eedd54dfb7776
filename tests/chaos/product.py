"""Placecard as an operator runs it on servers: a process for each part, restarted when it dies."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from shared.runtime.ports import free_port
from tests.support.servers import Postgresql, Rabbitmq, Redis, wait_for

ROOT = Path(__file__).parents[2]
SERVICES = ("registration", "calendar", "notifications")
KEY = "an-example-key-for-tests-only"
RESTARTED_AFTER_SECONDS = 1.0
THREADS = 4


class Part:
    """One process of the product. Its clock is wrong by `offset` seconds."""

    def __init__(self, service: str, kind: str, environment: dict[str, str], log: Path, offset: int = 0) -> None:
        self.name = f"{service} {kind}"
        right = ["flask", "--app", f"services.{service}", kind]
        wrong = ["tests.chaos.wrong_clock", str(offset), service, kind]
        self._command = [sys.executable, "-m", *(wrong if offset else right)]
        self._environment = environment
        self._log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    @property
    def lives(self) -> bool:
        """True if the process exists, also while it is paused."""
        return self.process is not None and self.process.poll() is None


class Product:
    """All parts over a database and a broker, restarted as by an operator's supervisor."""

    def __init__(self, folder: Path, database: str, broker: str, smtp_url: str, *, clocks_differ: bool) -> None:
        self.folder = folder
        self.postgresql = Postgresql(folder / "postgresql") if database == "PostgreSQL" else None
        self.broker: Redis | Rabbitmq = (Redis if broker == "Redis" else Rabbitmq)(folder / "broker")
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.broker.start()
        if self.postgresql is not None:
            self.postgresql.start()
        self.databases = {name: self._database(name) for name in SERVICES}
        self.environment = self._environment(smtp_url)
        self.parts = self._parts(clocks_differ)
        self._stopping = threading.Event()
        for service in SERVICES:
            self._flask(service, "upgrade")
        self._flask("registration", "organiser")
        for part in self.parts:
            part.start()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()
        wait_for(lambda: self.status("/healthz") == 200, f"the web did not start, see {folder}")

    def part(self, name: str) -> Part:
        """The part of this name, such as "notifications worker"; the first of several."""
        return next(part for part in self.parts if part.name == name)

    def status(self, path: str) -> int:
        """The HTTP status of a page; 0 if nothing answers."""
        try:
            return int(urlopen(self.base + path, timeout=2).status)
        except HTTPError as answer:
            return answer.code
        except OSError:
            return 0

    def api(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the API as the organiser. Raises OSError where it fails."""
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = Request(f"{self.base}/api/v1{path}", data, headers, method=method)
        with urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def stop(self) -> None:
        """Stop every part in order, then the servers."""
        self._stopping.set()
        self._watching.join()
        for part in self.parts:
            part.send(signal.SIGCONT)
            part.send(signal.SIGTERM)
        for part in self.parts:
            if part.process is not None:
                try:
                    part.process.wait(15)
                except subprocess.TimeoutExpired:
                    part.process.kill()
                    part.process.wait()
        self.broker.kill()
        if self.postgresql is not None:
            self.postgresql.kill()

    def _watch(self) -> None:
        while not self._stopping.wait(RESTARTED_AFTER_SECONDS):
            for part in self.parts:
                if not part.lives:
                    part.start()

    def _parts(self, clocks_differ: bool) -> list[Part]:
        offsets = {"calendar worker": -20, "notifications clock": 20} if clocks_differ else {}
        kinds = [("registration", "web"), *((service, kind) for service in SERVICES for kind in ("worker", "clock"))]
        return [
            Part(service, kind, self.environment, self.folder / "log", offsets.get(f"{service} {kind}", 0))
            for service, kind in [*kinds, ("notifications", "worker")]
        ]

    def _database(self, name: str) -> str:
        if self.postgresql is None:
            return f"sqlite:///{self.folder}/{name}.sqlite"
        return self.postgresql.create(f"placecard_{name}")

    def _environment(self, smtp_url: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PORT": str(self.port),
            "PUBLIC_URL": self.base,
            "SECRET_KEY": "an example secret for tests only",
            "BROKER_URL": self.broker.url,
            "SMTP_URL": smtp_url,
            "SMTP_TIMEOUT": "5",
            "MAIL_FROM": "Example Events <events@example.org>",
            "RATE_LIMIT": "off",
            "ORGANISER_EMAIL": "organiser@example.org",
            "ORGANISER_PASSWORD": "a long example password",
            "ORGANISER_API_KEY": KEY,
            "WORKER_THREADS": str(THREADS),
            "LOG_LEVEL": "warning",
            **{f"{name.upper()}_DATABASE_URL": url for name, url in self.databases.items()},
        }

    def _flask(self, service: str, command: str) -> None:
        words = [sys.executable, "-m", "flask", "--app", f"services.{service}", command]
        subprocess.run(words, cwd=ROOT, env=self.environment, check=True, capture_output=True)
