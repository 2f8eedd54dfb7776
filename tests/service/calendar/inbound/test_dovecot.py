"""Answers read from a real IMAP server, Debian's Dovecot, where it is installed."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.calendar.inbound.imap import read_imap
from tests.support.calendar_answers import a_reply, answers_owed
from tests.support.calendar_world import World, a_notice, an_event

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login_user}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = password=a/password
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """The server, with one mailbox."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"imap://events:a%2Fpassword@127.0.0.1:{port}/INBOX"
        self._new = folder / "mail" / "new"
        self._cur = folder / "mail" / "cur"

    def deliver(self, name: str, raw: bytes) -> None:
        """Put a mail into the mailbox, as a mail server does."""
        (self._new / name).write_bytes(raw)

    @property
    def seen(self) -> list[str]:
        """The mails that are marked as seen."""
        return sorted(
            path.name.partition(":")[0] for path in self._cur.iterdir() if "S" in path.name.partition(":2,")[2]
        )


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    program = shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        pytest.skip("dovecot is not installed (apt-get install dovecot-imapd)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    me = pwd.getpwuid(os.getuid())
    owner = pwd.getpwnam("nobody") if me.pw_uid == 0 else me  # it serves no mail as root
    with tempfile.TemporaryDirectory(prefix="dovecot-") as name:
        folder = Path(name)
        (folder / "mail" / "new").mkdir(parents=True)
        for place in (folder, folder / "mail", folder / "mail" / "new"):
            os.chown(place, owner.pw_uid, owner.pw_gid)
        settings = {
            "user": me.pw_name,
            "login_user": "dovenull" if me.pw_uid == 0 else me.pw_name,
            "group": grp.getgrgid(me.pw_gid).gr_name,
            "uid": owner.pw_uid,
            "gid": owner.pw_gid,
        }
        (folder / "dovecot.conf").write_text(CONFIG.format(folder=folder, port=port, **settings))
        server = subprocess.Popen([program, "-F", "-c", folder / "dovecot.conf"], stderr=subprocess.DEVNULL)
        try:
            _wait_for(port, server, folder / "log")
            yield Dovecot(folder, port)
        finally:
            server.terminate()
            server.wait(10)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(log.read_text() if log.exists() else "dovecot did not start")


def test_answers_are_read_once_and_other_mail_is_left_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dovecot: Dovecot
) -> None:
    world = World(tmp_path, monkeypatch)
    world.tell(a_notice(an_event("2027-11-04T12:30")))
    dovecot.deliver("1.question", b"Subject: A question\r\n\r\nWhere is it?\r\n")
    dovecot.deliver("2.accepted", a_reply())
    with world.app.app_context():
        assert read_imap(dovecot.url) == 1
        assert dovecot.seen == ["2.accepted"]
        dovecot.deliver("3.declined", a_reply("DECLINED", stamp="20271021T091500Z"))
        assert read_imap(dovecot.url) == 1
        assert read_imap(dovecot.url) == 0
    assert dovecot.seen == ["2.accepted", "3.declined"]
    assert [answer for _, _, answer in answers_owed(world)] == ["accepted", "declined"]
