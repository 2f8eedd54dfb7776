"""A Maildir: keeps mails on this machine instead of sending them, and reads them for the inbox pages."""

import os
from collections.abc import Iterator
from contextlib import suppress
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from uuid import UUID

from shared.database.ids import new_id


class Maildir:
    """A Maildir as a transport and as a mailbox. File names are ids that sort by arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, sender: str, recipient: str, content: bytes) -> str:
        """Store a mail as a delivering server would (without fsync), and return a sentence that names the file."""
        for part in ("tmp", "new", "cur"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        name = str(new_id())
        trace_headers = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n"
        (self.folder / "tmp" / name).write_bytes(trace_headers.encode() + content)
        os.rename(self.folder / "tmp" / name, self.folder / "new" / name)
        return f"Kept in the Maildir as {name}."

    def newest(self, most: int, before: UUID | None = None) -> list[UUID]:
        """The keys of at most `most` mails, newest first; only those older than `before`, if given."""
        keys = [key for key in self._keys() if before is None or key < before]
        return sorted(keys, reverse=True)[:most]

    def raw(self, key: UUID) -> bytes | None:
        """A mail's bytes; None if there is no mail with that key."""
        for part in ("new", "cur"):
            path = self.folder / part / str(key)
            if path.is_file():
                return path.read_bytes()
        return None

    def read(self, key: UUID) -> EmailMessage | None:
        """A mail, parsed; None if there is no mail with that key."""
        content = self.raw(key)
        return None if content is None else BytesParser(policy=policy.default).parsebytes(content)

    def _keys(self) -> Iterator[UUID]:
        for part in ("new", "cur"):
            for path in (self.folder / part).glob("*-*-*-*-*"):
                with suppress(ValueError):  # another program's file
                    yield UUID(path.name)
