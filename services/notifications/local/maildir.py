"""Mail on one machine: kept in a Maildir instead of sent, and read back for the inbox page."""

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
    """A Maildir as a transport, and as a box to read from. A file's name is an id that sorts by arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, sender: str, recipient: str, content: bytes) -> str:
        """Keep a mail as the last server on its way would, and say so. It is not forced to the disk."""
        for part in ("tmp", "new", "cur"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        name = str(new_id())
        traces = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n"
        (self.folder / "tmp" / name).write_bytes(traces.encode() + content)
        os.rename(self.folder / "tmp" / name, self.folder / "new" / name)
        return f"Kept in the Maildir as {name}."

    def newest(self, most: int, before: UUID | None = None) -> list[UUID]:
        """The keys of the newest mails, newest first; of those older than `before`, if that is given."""
        keys = [key for key in self._keys() if before is None or key < before]
        return sorted(keys, reverse=True)[:most]

    def raw(self, key: UUID) -> bytes | None:
        """A mail to the byte; None where there is none of that key."""
        for part in ("new", "cur"):
            path = self.folder / part / str(key)
            if path.is_file():
                return path.read_bytes()
        return None

    def read(self, key: UUID) -> EmailMessage | None:
        """A mail, parsed; None where there is none of that key."""
        content = self.raw(key)
        return None if content is None else BytesParser(policy=policy.default).parsebytes(content)

    def _keys(self) -> Iterator[UUID]:
        for part in ("new", "cur"):
            for path in (self.folder / part).glob("*-*-*-*-*"):
                with suppress(ValueError):  # a file that somebody else put there
                    yield UUID(path.name)
