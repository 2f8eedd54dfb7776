"""Starting, stopping, and what goes wrong at the start."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from shared.runtime import child_processes
from shared.runtime.ports import free_port
from tests.support.machine import ROOT, Machine, eventually

ALL_PROCESSES = 5  # the one that watches, Redis, web, worker, clock


def start_in_vain(tmp_path: Path, **environment: str) -> str:
    """Start with settings that cannot work; what it says."""
    values = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "var"), "PORT": str(free_port()), **environment}
    ended = subprocess.run(
        [sys.executable, "-m", "services.embedded"],
        cwd=ROOT,
        env=values,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    return ended.stderr.strip()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_being_told_to_stop_leaves_no_process_behind(tmp_path: Path, how: signal.Signals) -> None:
    machine = Machine(tmp_path)
    eventually(lambda: len(machine.processes()) == ALL_PROCESSES, "not all processes started")
    assert machine.stop(how) == 0
    assert machine.processes() == []


def test_mails_and_clocks_give_way_to_pages(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    eventually(lambda: len(machine.processes()) == ALL_PROCESSES, "not all processes started")
    own = os.getpriority(os.PRIO_PROCESS, 0)
    eventually(
        lambda: sorted(os.getpriority(os.PRIO_PROCESS, one) - own for one in machine.processes()) == [0, 0, 0, 10, 10],
        "the worker and the clock alone are nicer",
    )
    sessions = {os.getsid(one) for one in machine.processes()}
    assert len(sessions) == 2, "all but Redis are in one session, or their priorities would mean nothing"
    machine.stop(signal.SIGTERM)


def test_being_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells children of their parent's end")
    machine = Machine(tmp_path)
    machine.stop(signal.SIGKILL)
    eventually(lambda: machine.processes() == [], "processes stayed behind")


def test_a_process_whose_parent_is_gone_already_does_not_begin() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells children of their parent's end")
    child = os.fork()
    if not child:
        child_processes.die_with_parent(parent=os.getpid())  # not whose child this is, as after its parent's end
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_a_process_whose_parent_is_killed_as_it_begins_does_not_go_on() -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        child = child_processes.fork()
        if not child:
            child_processes.die_with_parent(parent=os.getppid())
            os.kill(os.getpid(), signal.SIGTERM)  # as Linux does at the parent's end
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_second_start_keeps_the_data(tmp_path: Path) -> None:
    first = Machine(tmp_path)
    first.register("kept@example.org")
    first.stop()
    second = Machine(tmp_path)
    kept = second.api("GET", "/events/pbsc-learning/registrations").read().decode()
    second.stop()
    assert "kept@example.org" in kept


def test_a_process_that_dies_is_started_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    eventually(lambda: len(machine.processes()) == ALL_PROCESSES, "not all processes started")
    before = set(machine.processes())
    for child in before - {machine.process.pid}:
        os.kill(child, signal.SIGKILL)
    eventually(lambda: len(set(machine.processes()) - before) == ALL_PROCESSES - 1, "not all came back")
    eventually(lambda: machine.get("/readyz").status == 200, "not ready again")
    machine.register("again@example.org")
    eventually(lambda: "again@example.org" in machine.text("/mail/inbox"), "no mail came")
    machine.stop()


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert (
            start_in_vain(tmp_path, PORT=port)
            == f"PORT {port} cannot be used: Address already in use. Set PORT to another."
        )


def test_a_folder_that_cannot_be_written_to_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = start_in_vain(tmp_path, DATA_DIR=str(tmp_path / "file" / "var"))
    assert said == f"DATA_DIR {tmp_path}/file/var cannot be written to: Not a directory."


def test_two_on_one_folder_are_refused(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert start_in_vain(tmp_path) == f"Another Placecard is running on DATA_DIR {tmp_path}/var."
    machine.stop()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BROKER_URL", "http://x"),
        ("SMTP_URL", "nonsense"),
        ("REGISTRATION_DATABASE_URL", "mysql://x/y"),
        ("PUBLIC_URL", "example.org"),
        ("RATE_LIMIT", "lots"),
        ("MAIL_FROM", "nobody"),
        ("LOG_FORMAT", "xml"),
        ("PORT", "99999"),
    ],
)
def test_a_wrong_setting_is_said_in_one_sentence_that_names_it(tmp_path: Path, name: str, value: str) -> None:
    said = start_in_vain(tmp_path, **{name: value})
    assert said.startswith(f"{name} must be ")
    assert said.count("\n") == 0
