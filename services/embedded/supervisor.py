"""Runs Placecard on one machine: a Redis, and one web, worker and clock process for all three services.

The supervisor imports the services once and forks, so that its child processes share memory, and restarts those that
die. `make run` starts it.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from flask import Flask

from services import calendar, notifications, registration
from services.embedded.data_folder import SERVICES, data_folder, database_urls, lock_folder, secret
from services.embedded.front import Front
from services.embedded.redis import OwnRedis
from services.registration.commands import let_first_organiser_in, load_demo
from shared.database.migrations import upgrade
from shared.runtime.child_processes import die_with_parent, fork, share_loaded_modules, stop_signal
from shared.runtime.clock import run_clock
from shared.runtime.ports import accepts
from shared.runtime.settings import BadSetting, Environment
from shared.runtime.web_server import run_web, web_settings
from shared.runtime.worker import run_worker

START_SECONDS = 30
PAUSE_BEFORE_RESTART_SECONDS = 1.0
BACKGROUND, BACKGROUND_NICENESS = ("worker", "clock"), 10
"""Processes with a lower priority than the web: people wait for a page, and not for the moment a mail leaves."""


class Embedded:
    """One running Placecard: its settings, data folder and child processes. Raises BadSetting."""

    def __init__(self, values: dict[str, str]) -> None:
        environment = Environment(values)
        self.port = environment.port("PORT", 8000)
        self.host = environment.text("HOST", "127.0.0.1")
        self.shutdown_seconds = environment.number("SHUTDOWN_SECONDS", 8, most=600)
        self.data = data_folder(environment)
        self.lock = lock_folder(self.data)
        _check_port_is_free(self.host, self.port)
        self.values = {**values, **self._defaults(values, environment)}
        self.children: dict[int, tuple[str, Callable[[], None]]] = {}
        self.redis: OwnRedis | None = None
        self.stopping = threading.Event()

    def run(self) -> None:
        """Start all processes, restart those that die, and stop all of them on SIGTERM or SIGINT."""
        self.stopping = stop_signal()
        try:
            if "BROKER_URL" not in self.values:
                self._start_redis(self.data / "redis")
            apps = {name: module.create_app(self.values) for name, module in _modules().items()}
            self._run_in_child(lambda: self._prepare(apps))
            share_loaded_modules()
            self._start_children(apps)
            self._announce()
            while not self.stopping.wait(0.3):
                self._restart_dead_processes()
        finally:
            self._stop_everything()

    def _defaults(self, given: dict[str, str], environment: Environment) -> dict[str, str]:
        urls = database_urls(environment, self.data)
        defaults = {f"{name.upper()}_DATABASE_URL": url for name, url in urls.items()}
        defaults |= {
            "SECRET_KEY": secret(self.data, "secret_key"),
            "MAIL_FROM": "Place-based learning <events@example.org>",
            "MAIL_DIR": str(self.data / "mail"),
            "INBOUND_MAILDIR": str(self.data / "inbound"),
            "ORGANISER_EMAIL": "organiser@example.org",
            "ORGANISER_PASSWORD": secret(self.data, "organiser_password"),
            "ORGANISER_API_KEY": secret(self.data, "organiser_api_key"),
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
        """Migrate the databases, create the first organiser and load the demo."""
        for app in apps.values():
            upgrade(app)
        let_first_organiser_in(apps["registration"])
        load_demo(apps["registration"])

    def _start_children(self, apps: dict[str, Flask]) -> None:
        config = apps["registration"].config
        all_apps = list(apps.values())
        web = replace(web_settings(config), port=self.port, host=self.host, shutdown_seconds=self.shutdown_seconds)
        self._fork("web", lambda: run_web(Front(apps), web))
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
        supervisor = os.getpid()
        child = fork()
        if child:
            self.children[child] = (name, run)
            return child
        status = 1
        try:
            os.setpgid(0, 0)  # Ctrl-C reaches the supervisor only, which stops the others in order
            if name in BACKGROUND:  # niceness counts within a session only: Linux weighs sessions alike (autogroup)
                os.nice(BACKGROUND_NICENESS)
            die_with_parent(supervisor)
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

    def _run_in_child(self, work: Callable[[], None]) -> None:
        """Do `work` in a child process, so that the supervisor keeps none of the memory and connections it needs."""
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
        """The base URL of the pages on this machine."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"  # noqa: S104

    def _restart_dead_processes(self) -> None:
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
        """Stop the children, then Redis. Kill the children that do not end in time."""
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
    """Wait until `ready` returns True. Raises BadSetting with the sentence `otherwise` after 30 seconds."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise BadSetting(otherwise)
        time.sleep(0.05)
