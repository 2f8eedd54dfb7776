"""A backup, put back into an empty place, has every person in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import databases
from tests.support.machine import ROOT, Machine, Mailbox, link


def run(what: str, folder: Path, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "services.embedded.backup", what, str(folder)]
    values = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(command, cwd=ROOT, env=values, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", ["SQLite", "PostgreSQL"])
def test_a_backup_put_back_into_an_empty_place_has_every_person(kind: str, tmp_path: Path, mailbox: Mailbox) -> None:
    (tmp_path / "there").mkdir()
    people = [f"{kind.lower()}-{number}@example.org" for number in range(5)]
    with databases(kind) as before, databases(kind) as after:
        first = Machine(tmp_path, SMTP_URL=mailbox.url, **before)
        for email in people:
            first.register(email)
        own_page = link(mailbox.wait_for(1, people[0])[0], "/registrations/")
        taken = run("backup", tmp_path / "backup", {"DATA_DIR": str(tmp_path / "var"), **before})
        assert taken.returncode == 0, taken.stderr
        first.stop()
        put_back = run("restore", tmp_path / "backup", {"DATA_DIR": str(tmp_path / "there" / "var"), **after})
        assert put_back.returncode == 0, put_back.stderr
        second = Machine(tmp_path / "there", SMTP_URL=mailbox.url, **after)
        try:
            found = second.api("GET", "/events/pbsc-learning/registrations").read().decode()
            assert all(email in found for email in people)
            assert second.get(own_page).status == 200  # the links in people's mails still open
            second.post(f"{own_page}/cancel", {"sure": "yes"})
            mailbox.wait_for(2, people[0])
        finally:
            second.stop()


def test_a_backup_is_not_put_over_what_is_there(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    environment = {"DATA_DIR": str(tmp_path / "var")}
    assert run("backup", tmp_path / "backup", environment).returncode == 0
    while_it_runs = run("restore", tmp_path / "backup", environment)
    machine.stop()
    afterwards = run("restore", tmp_path / "backup", environment)
    assert while_it_runs.stderr == f"Another Placecard is running on DATA_DIR {tmp_path}/var.\n"
    assert afterwards.stderr == "The registration database is not empty; a backup goes back into empty ones.\n"


def test_a_backup_is_for_its_owner_alone(tmp_path: Path) -> None:
    Machine(tmp_path).stop()
    run("backup", tmp_path / "backup", {"DATA_DIR": str(tmp_path / "var")})
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
