"""Everything on one machine: its own Redis, the three services' pages, workers and clocks.

`python -m services.embedded` is what `make run` starts. One process watches over the others: it
imports the services once and forks, so that they share their memory, and starts again what dies.
It is the only place that knows all three services.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from flask import Flask

from services import calendar, notifications, registration
from services.embedded.data_folder import SERVICES, data_folder, database_urls, hold, kept
from services.embedded.redis import OwnRedis
from services.registration.commands import let_first_organiser_in, load_demo
from shared.database.migrations import upgrade
from shared.runtime.child_processes import die_with_parent, share_what_is_loaded
from shared.runtime.clock import run_clock
from shared.runtime.ports import accepts
from shared.runtime.settings import BadSetting, Environment
from shared.runtime.web_server import run_web
from shared.runtime.worker import run_worker

START_SECONDS = 30
PAUSE_BEFORE_RESTART_SECONDS = 1.0
GIVE_WAY, GIVE_WAY_BY = ("worker", "clock"), 10
"""What waits while pages are asked for, and by how much (nice): people see a page come, and not when a mail leaves."""


class Front:
    """One WSGI application that passes each request to the service whose address it is."""

    def __init__(self, apps: dict[str, Flask]) -> None:
        self.apps = apps

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/calendar/"):
            return self.apps["calendar"](environ, start_response)
        if path.startswith("/mail/"):
            return self.apps["notifications"](environ, start_response)
        return self.apps["registration"](environ, start_response)


class Embedded:
    """The settings, folders and child processes of one running Placecard."""

    def __init__(self, values: dict[str, str]) -> None:
        environment = Environment(values)
        self.port = environment.port("PORT", 8000)
        self.host = environment.text("HOST", "127.0.0.1")
        self.shutdown_seconds = environment.number("SHUTDOWN_SECONDS", 8, most=600)
        self.data = data_folder(environment)
        self.lock = hold(self.data)
        _check_port_is_free(self.host, self.port)
        self.values = {**values, **self._defaults(values, environment)}
        self.children: dict[int, tuple[str, Callable[[], None]]] = {}
        self.redis: OwnRedis | None = None
        self.stopping = threading.Event()

    def run(self) -> None:
        """Start everything, watch over it, and stop everything on SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        try:
            if "BROKER_URL" not in self.values:
                self._start_redis(self.data / "redis")
            apps = {name: module.create_app(self.values) for name, module in _modules().items()}
            self._run_to_its_end(lambda: self._prepare(apps))
            share_what_is_loaded()
            self._start_children(apps)
            self._announce()
            while not self.stopping.wait(0.3):
                self._restart_what_died()
        finally:
            self._stop_everything()

    def _defaults(self, given: dict[str, str], environment: Environment) -> dict[str, str]:
        urls = database_urls(environment, self.data)
        defaults = {f"{name.upper()}_DATABASE_URL": url for name, url in urls.items()}
        defaults |= {
            "SECRET_KEY": kept(self.data, "secret_key"),
            "MAIL_FROM": "Place-based learning <events@example.org>",
            "MAIL_DIR": str(self.data / "mail"),
            "INBOUND_MAILDIR": str(self.data / "inbound"),
            "ORGANISER_EMAIL": "organiser@example.org",
            "ORGANISER_PASSWORD": kept(self.data, "organiser_password"),
            "ORGANISER_API_KEY": kept(self.data, "organiser_api_key"),
            "CALENDAR_URL": self._own_url(),
            "NOTIFICATIONS_URL": self._own_url(),
            "WORKER_THREADS": "6",
            "LOG_LEVEL": "warning",
        }
        return {name: value for name, value in defaults.items() if not given.get(name, "").strip()}

    def _start_redis(self, folder: Path) -> None:
        self.redis = redis = OwnRedis(folder)
        self.values["BROKER_URL"] = redis.url
        _wait_for(lambda: accepts(redis.port), f"Redis did not start; its log is in {folder}")

    def _prepare(self, apps: dict[str, Flask]) -> None:
        """Bring the databases up to date, let the organiser in, load the demo."""
        for app in apps.values():
            upgrade(app)
        let_first_organiser_in(apps["registration"])
        load_demo(apps["registration"])

    def _start_children(self, apps: dict[str, Flask]) -> None:
        config = apps["registration"].config
        all_apps = list(apps.values())
        self._fork(
            "web",
            lambda: run_web(
                Front(apps),
                port=self.port,
                host=self.host,
                workers=config["WEB_WORKERS"],
                threads=config["WEB_THREADS"],
                shutdown_seconds=self.shutdown_seconds,
            ),
        )
        self._fork(
            "worker",
            lambda: run_worker(
                all_apps,
                broker_url=config["BROKER_URL"],
                threads=config["WORKER_THREADS"],
                shutdown_seconds=self.shutdown_seconds,
            ),
        )
        self._fork("clock", lambda: run_clock(all_apps))

    def _fork(self, name: str, run: Callable[[], None]) -> int:
        watcher = os.getpid()
        child = os.fork()
        if child:
            self.children[child] = (name, run)
            return child
        status = 1
        try:
            os.setpgid(0, 0)  # Ctrl-C reaches the parent alone, which stops the others in order
            if name in GIVE_WAY:  # in a session of its own it would not: Linux weighs sessions alike (autogroup)
                os.nice(GIVE_WAY_BY)
            die_with_parent(watcher)
            run()
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
            if isinstance(error.code, str):
                print(error.code, file=sys.stderr)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _run_to_its_end(self, work: Callable[[], None]) -> None:
        """Do `work` in a child, so that what it opened and loaded is gone again afterwards."""
        child = self._fork("start-up", work)
        _, status = os.waitpid(child, 0)
        del self.children[child]
        if status:
            raise BadSetting("Placecard could not prepare its databases; the lines above say why.")

    def _announce(self) -> None:
        url = self.values.get("PUBLIC_URL", "").rstrip("/") or f"http://localhost:{self.port}"
        probe = f"{self._own_url()}/healthz"
        _wait_for(lambda: self.stopping.is_set() or _answers(probe), "The web process did not start.")
        if self.stopping.is_set():
            return
        lines = [
            "Placecard is running.",
            f"  Events        {url}/",
            f"  Demo webinar  {url}/events/pbsc-learning",
            f"  Console       {url}/console/   {self.values['ORGANISER_EMAIL']}  {self.values['ORGANISER_PASSWORD']}",
            f"  API           {url}/api/docs   key {self.values['ORGANISER_API_KEY']}",
        ]
        if not self.values.get("SMTP_URL", "").strip():
            lines.append(f"  Mail          {url}/mail/inbox")
        print("\n".join([*lines, "Ctrl-C stops it."]), flush=True)

    def _own_url(self) -> str:
        """Where the pages are for whoever is on this machine."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"  # noqa: S104

    def _restart_what_died(self) -> None:
        for child in list(self.children):
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                name, run = self.children.pop(child)
                print(f"The {name} process ended ({status}); starting it again.", file=sys.stderr, flush=True)
                time.sleep(PAUSE_BEFORE_RESTART_SECONDS)
                self._fork(name, run)
        if self.redis is not None and self.redis.has_ended():
            print("Redis ended; starting it again.", file=sys.stderr, flush=True)
            time.sleep(PAUSE_BEFORE_RESTART_SECONDS)
            self.redis.start()

    def _stop_everything(self) -> None:
        """Ask the children to stop, then Redis; end by force whatever has not gone in time."""
        for child in self.children:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + self.shutdown_seconds + 3
        left = set(self.children)
        while left and time.monotonic() < deadline:
            left = {child for child in left if not os.waitpid(child, os.WNOHANG)[0]}
            time.sleep(0.05)
        for child in left:
            _signal(child, signal.SIGKILL)
            os.waitpid(child, 0)
        if self.redis is not None:
            self.redis.stop()


def _modules() -> dict[str, Any]:
    return dict(zip(SERVICES, (registration, calendar, notifications), strict=True))


def _check_port_is_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BadSetting(f"PORT {port} cannot be used: {error.strerror}. Set PORT to another.") from error


def _signal(child: int, number: signal.Signals) -> None:
    try:
        os.kill(child, number)
    except ProcessLookupError:
        return


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2):  # noqa: S310  (our own address)
            return True
    except OSError:
        return False


def _wait_for(ready: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise BadSetting(otherwise)
        time.sleep(0.05)
