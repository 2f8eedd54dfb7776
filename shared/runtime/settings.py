"""Reads settings from the environment. A wrong value ends start-up with one sentence."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import idna

BROKER_SCHEMES = ("redis", "rediss", "amqp", "amqps")
SMTP_SCHEMES = ("smtp", "smtps", "smtp+starttls")
DATABASE_SCHEMES = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite"}
MOST_WEB_WORKERS = 64


class BadSetting(SystemExit):
    """A setting is missing or wrong. The message is one sentence for the operator, and ends start-up."""


@dataclass(frozen=True)
class Environment:
    """The environment of the process, read with types. Every method raises BadSetting for a wrong value."""

    values: Mapping[str, str]

    def text(self, name: str, default: str | None = None) -> str:
        """A text, required unless it has a default."""
        value = self.values.get(name, "").strip() or default
        if value is None:
            raise BadSetting(f"{name} is not set.")
        return value

    def optional(self, name: str) -> str | None:
        """A text, or None if it is unset or empty."""
        return self.values.get(name, "").strip() or None

    def number(self, name: str, default: int, *, least: int = 1, most: int = 1_000_000) -> int:
        """A whole number between `least` and `most`."""
        raw = self.text(name, str(default))
        if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
            raise BadSetting(f"{name} must be a whole number from {least} to {most}, not {raw!r}.")
        return int(raw)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed words, in lower case."""
        value = self.text(name, default).lower()
        if value not in allowed:
            raise BadSetting(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
        return value

    def port(self, name: str, default: int) -> int:
        """A TCP port."""
        return self.number(name, default, least=1, most=65535)

    def url(self, name: str, schemes: tuple[str, ...], default: str | None = None) -> str:
        """A URL with one of `schemes`. Errors do not repeat the value, which may hold a password."""
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            usable = parts.scheme in schemes and bool(parts.hostname or parts.path.strip("/"))
            _ = parts.port
        except ValueError:
            usable = False
        if not usable:
            forms = " or ".join(f"{scheme}://…" for scheme in schemes)
            raise BadSetting(f"{name} must be a URL of the form {forms}.")
        return value

    def database(self, name: str) -> str:
        """The URL of a database, with SQLAlchemy's name of the driver."""
        value = self.url(name, tuple(DATABASE_SCHEMES))
        scheme, rest = value.split("://", 1)
        return f"{DATABASE_SCHEMES[scheme]}://{rest}"

    def mail_address(self, name: str, default: str | None = None) -> tuple[str, str]:
        """A display name and an address, from `Name <box@host>` or `box@host`. The domain is in ASCII (IDNA 2008)."""
        value = self.text(name, default)
        display, address = parseaddr(value)
        box, _, domain = address.rpartition("@")
        try:
            host = idna.encode(domain, uts46=True).decode()
        except UnicodeError:
            host = ""
        if not host or not box or "@" in box or not box.isascii() or "\n" in value:
            raise BadSetting(f"{name} must be an e-mail address such as 'Events <events@example.org>'.")
        return display, f"{box}@{host}"

    def zone(self, name: str, default: str) -> str:
        """The name of an IANA time zone."""
        value = self.text(name, default)
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise BadSetting(f"{name} must be an IANA time zone such as Europe/London, not {value!r}.") from error
        return value


@dataclass(frozen=True)
class Settings:
    """The settings of every service, named as in the environment."""

    PORT: int
    HOST: str
    PUBLIC_URL: str
    SECRET_KEY: str
    DATABASE_URL: str
    BROKER_URL: str
    MAIL_FROM: tuple[str, str]
    WEB_WORKERS: int
    WEB_THREADS: int
    WORKER_THREADS: int
    SHUTDOWN_SECONDS: int
    TRUSTED_PROXIES: int
    LOG_LEVEL: str
    LOG_FORMAT: str


def common(environment: Environment, database_variable: str) -> dict[str, Any]:
    """The values of `Settings`, with the database that `database_variable` names."""
    port = environment.port("PORT", 8000)
    database_url = environment.database(database_variable)
    return {
        "PORT": port,
        "HOST": environment.text("HOST", "127.0.0.1"),
        "PUBLIC_URL": environment.url("PUBLIC_URL", ("http", "https"), f"http://localhost:{port}").rstrip("/"),
        "SECRET_KEY": environment.text("SECRET_KEY"),
        "DATABASE_URL": database_url,
        "BROKER_URL": environment.url("BROKER_URL", BROKER_SCHEMES),
        "MAIL_FROM": environment.mail_address("MAIL_FROM"),
        "WEB_WORKERS": environment.number("WEB_WORKERS", web_workers_for(database_url), most=MOST_WEB_WORKERS),
        "WEB_THREADS": environment.number("WEB_THREADS", 4, most=256),
        "WORKER_THREADS": environment.number("WORKER_THREADS", 8, most=256),
        "SHUTDOWN_SECONDS": environment.number("SHUTDOWN_SECONDS", 8, most=600),
        "TRUSTED_PROXIES": environment.number("TRUSTED_PROXIES", 0, least=0, most=10),
        "LOG_LEVEL": environment.choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        "LOG_FORMAT": environment.choice("LOG_FORMAT", "console", ("console", "json")),
    }


def web_workers_for(database_url: str) -> int:
    """The default number of web processes: one for each core that this process may use.

    On SQLite it is one: only one transaction at a time can write, and one process orders them without polling.
    """
    if database_url.startswith("sqlite"):
        return 1
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(cores, MOST_WEB_WORKERS)
