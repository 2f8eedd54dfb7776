"""Where the product keeps its things in a run: servers of our own, or SQLite and the embedded Redis."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from subprocess import run
from typing import Protocol

from redis import Redis as Broker

from tests.bench.processes import ROOT, python
from tests.support.servers import NotHere, Postgresql, Redis

SERVICES = ("registration", "calendar", "notifications")
SETTINGS = {
    "SECRET_KEY": "a-key-for-measuring-only-and-for-nothing-else",
    "MAIL_FROM": "Example Events <events@example.org>",
    "RATE_LIMIT": "off",
    "LOG_LEVEL": "warning",
    "ORGANISER_EMAIL": "organiser@example.org",
    "ORGANISER_PASSWORD": "a long example password",
    "ORGANISER_API_KEY": "an-example-key-for-measuring-only",
}


class Stores(Protocol):
    """Databases and a broker."""

    name: str
    redis: Redis

    @property
    def version(self) -> str:
        """The servers' names and versions."""

    def environment(self, crowd: int = 0) -> dict[str, str]:
        """Settings with databases that nobody else uses; registration's holds a crowd, if one is asked for."""

    @property
    def floor_url(self) -> str:
        """A database for the floors, as the product would name it."""

    def stop(self) -> None:
        """End the servers."""


class OwnServers:
    """A PostgreSQL cluster and a Redis with their default settings, for this run alone. Raises NotHere."""

    name = "PostgreSQL"

    def __init__(self, folder: Path) -> None:
        self.postgres, self.redis = Postgresql(folder / "postgresql"), Redis(folder / "redis")
        self._serial = 0
        self._crowds: dict[int, str] = {}
        self.postgres.start()
        self.redis.start()

    @cached_property
    def version(self) -> str:
        postgres = _said([str(self.postgres.programs / "postgres"), "--version"]).split()[2]
        return f"PostgreSQL {postgres}, Redis {_redis_version(self.redis.command()[0])}"

    @cached_property
    def floor_url(self) -> str:
        return self.postgres.create("floor")

    def environment(self, crowd: int = 0) -> dict[str, str]:
        self._serial += 1
        Broker.from_url(self.redis.url).flushall()  # or a worker would begin with what another was stopped before
        urls = {f"{name.upper()}_DATABASE_URL": self.postgres.create(f"{name}{self._serial}") for name in SERVICES[1:]}
        registration = self._copy(f"registration{self._serial}", crowd)
        return {**SETTINGS, **urls, "REGISTRATION_DATABASE_URL": registration, "BROKER_URL": self.redis.url}

    def stop(self) -> None:
        self.postgres.kill()
        self.redis.kill()

    def _copy(self, name: str, crowd: int) -> str:
        if not crowd:
            return self.postgres.create(name)
        if crowd not in self._crowds:
            smaller = max((size for size in self._crowds if size < crowd), default=0)
            _fill(self._copy(f"crowd{crowd}", smaller), crowd)
            self._crowds[crowd] = f"crowd{crowd}"
        at = ["-h", "127.0.0.1", "-p", str(self.postgres.port), "-U", self.postgres.user]
        run([str(self.postgres.programs / "createdb"), *at, "-T", self._crowds[crowd], name], check=True)
        return f"postgresql://{self.postgres.user}@127.0.0.1:{self.postgres.port}/{name}"


class OneFolder:
    """What `make run` uses when nothing is set. `redis` is like the embedded one, for a web process alone."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "sqlite"
        self.folder.mkdir()
        self.redis = Redis(self.folder / "redis")
        self._serial = 0
        self._crowds: dict[int, Path] = {}
        self.redis.start()

    @cached_property
    def version(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}, Redis {_redis_version(self.redis.command()[0])}"

    @property
    def floor_url(self) -> str:
        return f"sqlite:///{self.folder}/floor.sqlite"

    def environment(self, crowd: int = 0) -> dict[str, str]:
        self._serial += 1
        folder = self.folder / str(self._serial)
        folder.mkdir()
        registration = self._copy(folder / "registration.sqlite", crowd)
        urls = {f"{name.upper()}_DATABASE_URL": f"sqlite:///{folder}/{name}.sqlite" for name in SERVICES[1:]}
        return {**SETTINGS, **urls, "REGISTRATION_DATABASE_URL": f"sqlite:///{registration}"}

    def stop(self) -> None:
        self.redis.kill()

    def _copy(self, target: Path, crowd: int) -> Path:
        if not crowd:
            return target
        if crowd not in self._crowds:
            smaller = max((size for size in self._crowds if size < crowd), default=0)
            full = self._copy(self.folder / f"crowd{crowd}.sqlite", smaller)
            _fill(f"sqlite:///{full}", crowd)
            self._crowds[crowd] = full
        shutil.copy(self._crowds[crowd], target)
        return target


STORES = {kind.name: kind for kind in (OwnServers, OneFolder)}


@contextmanager
def all_stores(folder: Path, wanted: str | None) -> Iterator[list[Stores]]:
    """The stores that this machine has, or of these the wanted one alone."""
    found: list[Stores] = []
    try:
        for name in [wanted] if wanted else STORES:
            try:
                found.append(STORES[name](folder))
            except NotHere as missing:
                print(f"{name} is left out: there is no {missing} here.", flush=True)
        yield found
    finally:
        for stores in found:
            stores.stop()


def _fill(url: str, crowd: int) -> None:
    environment = {**SETTINGS, "REGISTRATION_DATABASE_URL": url, "BROKER_URL": "redis://127.0.0.1:1/0"}
    run(python("tests.support.crowd", crowd), cwd=ROOT, env={**environment, "LOG_LEVEL": "error"}, check=True)


def _redis_version(program: str) -> str:
    return _said([program, "--version"]).split("v=")[1].split()[0]


def _said(command: list[str]) -> str:
    return run(command, check=True, capture_output=True, text=True).stdout
