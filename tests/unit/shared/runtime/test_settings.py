"""Settings from the environment: a wrong one is named in one sentence."""

import os
import sys

import pytest

from shared.runtime.settings import BadSetting, Environment, common

COMMON = {
    "SECRET_KEY": "a secret for tests only",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "MAIL_FROM": "events@example.org",
}


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda e: e.port("X", 1), "X must be a whole number from 1 to 65535, not 'nonsense'."),
        (lambda e: e.text("Y"), "Y is not set."),
        (lambda e: e.url("X", ("http",)), "X must be a URL of the form http://…."),
        (lambda e: e.database("X"), "X must be a URL of the form postgresql://… or postgres://… or sqlite://…."),
        (lambda e: e.zone("X", ""), "X must be an IANA time zone such as Europe/London, not 'nonsense'."),
        (lambda e: e.choice("X", "a", ("a", "b")), "X must be one of a, b, not 'nonsense'."),
        (lambda e: e.mail_address("X"), "X must be an e-mail address such as 'Events <events@example.org>'."),
    ],
)
def test_a_wrong_setting_ends_start_up_with_one_sentence(read: object, sentence: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read(Environment({"X": "nonsense"}))  # type: ignore[operator]
    assert str(refused.value) == sentence


def test_a_wrong_url_is_refused_without_repeating_its_password() -> None:
    with pytest.raises(BadSetting) as refused:
        Environment({"X": "ftp://user:hunter2@host"}).url("X", ("http",))
    assert "hunter2" not in str(refused.value)


def web_workers(cores: int, monkeypatch: pytest.MonkeyPatch, **given: str) -> int:
    """WEB_WORKERS of a service on a machine with so many cores."""
    if sys.platform == "linux":
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    workers: int = common(Environment(COMMON | given), "DATABASE_URL")["WEB_WORKERS"]
    return workers


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_database_server_is_asked_by_a_web_process_for_each_core(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert web_workers(6, monkeypatch, DATABASE_URL=f"{scheme}://localhost/example") == 6


def test_sqlite_is_asked_by_one_web_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert web_workers(6, monkeypatch, DATABASE_URL="sqlite:///example.db") == 1


def test_a_machine_with_very_many_cores_has_no_more_web_processes_than_may_be_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert web_workers(256, monkeypatch, DATABASE_URL="postgresql://localhost/example") == 64


@pytest.mark.parametrize("url", ["postgresql://localhost/example", "sqlite:///example.db"])
def test_the_number_of_web_processes_that_is_set_holds(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert web_workers(6, monkeypatch, DATABASE_URL=url, WEB_WORKERS="3") == 3
