"""The data folder of one machine: databases, mail, and the secrets that are generated at the first start."""

import fcntl
import os
import secrets
from pathlib import Path
from typing import IO

from shared.runtime.settings import BadSetting, Environment

SERVICES = ("registration", "calendar", "notifications")
SECRETS = {"secret_key": 48, "organiser_password": 12, "organiser_api_key": 32}


def data_folder(environment: Environment) -> Path:
    """The folder DATA_DIR, created if need be. Raises BadSetting if it cannot be written to."""
    folder = Path(environment.text("DATA_DIR", "./var")).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadSetting(f"DATA_DIR {folder} cannot be written to: {error.strerror}.") from error
    return folder


def lock_folder(folder: Path) -> IO[str]:
    """Lock the folder while the returned file is open. Raises BadSetting if another process has locked it."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise BadSetting(f"Another Placecard is running on DATA_DIR {folder}.") from error
    return lock


def database_urls(environment: Environment, folder: Path) -> dict[str, str]:
    """The database URL of each service: from the environment, or an SQLite file in the folder."""
    return {
        name: environment.text(f"{name.upper()}_DATABASE_URL", f"sqlite:///{folder}/{name}.sqlite") for name in SERVICES
    }


def secret(folder: Path, name: str) -> str:
    """The secret of this name from the folder. The first call generates it."""
    file = folder / name
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(SECRETS[name]))
    return file.read_text().strip()
