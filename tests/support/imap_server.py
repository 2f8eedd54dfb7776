"""An IMAP server small enough to read: one mailbox, and the commands that reading it takes."""

import re
import socketserver
import ssl
import threading
from typing import Any


class ImapServer:
    """Serves on this machine while it is entered as a context, with TLS where it is given a context for that.

    `seen` and `fetched` hold UIDs, `said` what the client said.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.said: list[str] = []
        self.validity = 1
        self.mails: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.fetched: list[int] = []

    def deliver(self, raw: bytes) -> None:
        """Put a mail into the mailbox."""
        self.mails[max(self.mails, default=0) + 1] = raw

    def renumber(self) -> None:
        """Start again with an empty mailbox, as after a restore."""
        self.validity, self.mails = self.validity + 1, {}

    @property
    def url(self) -> str:
        """Where to read it."""
        scheme = "imaps" if self.tls else "imap"
        return f"{scheme}://events%40example.org:a%2Fpassword@127.0.0.1:{self._server.server_address[1]}/Replies"

    def __enter__(self) -> "ImapServer":
        world = self

        class Conversation(socketserver.StreamRequestHandler):
            def setup(self) -> None:
                if world.tls:
                    self.request = world.tls.wrap_socket(self.request, server_side=True)
                super().setup()

            def handle(self) -> None:
                self.wfile.write(b"* OK ready\r\n")
                for line in self.rfile:
                    tag, command = line.decode(errors="replace").strip().split(" ", 1)
                    world.said.append(command)
                    for answer in world._answers(command):
                        self.wfile.write(answer + b"\r\n")
                    self.wfile.write(f"{tag} OK done\r\n".encode())
                    if command == "LOGOUT":
                        return

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answers(self, command: str) -> list[bytes]:
        if command == "CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1"]
        if command.startswith("LOGIN"):
            assert command == 'LOGIN events@example.org "a/password"'
        if command.startswith("SELECT"):
            assert command == 'SELECT "Replies"'
            return [f"* {len(self.mails)} EXISTS".encode(), f"* OK [UIDVALIDITY {self.validity}] good".encode()]
        if found := re.match(r"UID SEARCH UID (\d+):\* SINCE", command):
            # "n:*" always names the last mail (RFC 9051, 9)
            uids = [uid for uid in self.mails if uid >= int(found[1])] or list(self.mails)[-1:]
            return [b"* SEARCH " + " ".join(map(str, uids)).encode()]
        if found := re.match(r"UID FETCH (\d+) (.*)", command):
            return self._fetch(int(found[1]), found[2])
        if found := re.match(r"UID STORE (\d+) \+FLAGS \(\\Seen\)|UID STORE (\d+) \+FLAGS \\Seen", command):
            self._mark_as_seen(int(found[1] or found[2]))
        return []

    def _mark_as_seen(self, uid: int) -> None:
        self.seen.add(uid)

    def _fetch(self, uid: int, what: str) -> list[bytes]:
        raw: Any = self.mails[uid]
        if what == "(RFC822.SIZE)":
            return [f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(raw)})".encode()]
        assert what == "(BODY.PEEK[])", "reading a mail must not mark it as seen"
        self.fetched.append(uid)
        return [f"* {uid} FETCH (UID {uid} BODY[] {{{len(raw)}}}".encode(), raw + b")"]
