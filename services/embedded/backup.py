"""Backups: every service's database and the folder's secrets, taken while all runs, put back into empty ones.

`make backup` and `make restore`. Registration is copied first and whoever hears from it after: what the
later copies know more is known twice, which does no harm, while what they knew less would be said twice.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, create_engine, inspect, make_url

from services.embedded.data_folder import SECRETS, data_folder, database_urls, hold
from shared.runtime.settings import BadSetting, Environment


def backup(environment: Environment, to: Path) -> None:
    """Copy everything into a new folder `to`, readable to its owner alone. Raises BadSetting."""
    folder = data_folder(environment)
    if to.exists():
        raise BadSetting(f"{to} is there already; a backup goes into a new folder.")
    to.mkdir(mode=0o700, parents=True)
    for name, url in _databases(environment, folder):
        _copy_out(url, to / name)
    for secret in SECRETS:
        if (folder / secret).exists():
            shutil.copy2(folder / secret, to / secret)


def restore(environment: Environment, source: Path) -> None:
    """Put a backup back into databases that are empty. Raises BadSetting where one is not, or is missing."""
    folder = data_folder(environment)
    with hold(folder):
        databases = _databases(environment, folder)
        for name, url in databases:
            if not (source / name).is_file():
                raise BadSetting(f"{source} is not a backup: {name} is not in it.")
            if not _is_empty(url):
                raise BadSetting(f"The {name} database is not empty; a backup goes back into empty ones.")
        for name, url in databases:
            _copy_in(source / name, url)
        for secret in SECRETS:
            if (source / secret).exists():
                shutil.copy2(source / secret, folder / secret)


def _databases(environment: Environment, folder: Path) -> list[tuple[str, URL]]:
    return [(name, make_url(url)) for name, url in database_urls(environment, folder).items()]


def _copy_out(url: URL, file: Path) -> None:
    if url.get_backend_name() != "sqlite":
        return _run("pg_dump", url, "--format=custom", "--no-owner", f"--file={file}")
    if not Path(str(url.database)).is_file():
        raise BadSetting(f"There is no database at {url.database}.")
    with closing(sqlite3.connect(str(url.database))) as here, closing(sqlite3.connect(file)) as copy:
        here.backup(copy)


def _copy_in(file: Path, url: URL) -> None:
    if url.get_backend_name() != "sqlite":
        return _run("pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", str(file))
    with closing(sqlite3.connect(file)) as copy, closing(sqlite3.connect(str(url.database))) as here:
        copy.backup(here)


def _is_empty(url: URL) -> bool:
    driver = "sqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(url.set(drivername=driver))
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _run(program: str, url: URL, *words: str) -> None:
    """Run a program of PostgreSQL's on the database at `url`; its password goes by the environment."""
    found = shutil.which(program)
    if found is None:
        raise BadSetting(f"{program}, a program of PostgreSQL's, is needed for this and is not on PATH.")
    where = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    password = {"PGPASSWORD": url.password} if url.password else {}
    done = subprocess.run([found, f"--dbname={where}", *words], env={**os.environ, **password}, check=False)
    if done.returncode:
        raise BadSetting(f"{program} failed; the lines above say why.")


def main() -> None:
    """`python -m services.backup backup|restore [FOLDER]`."""
    environment = Environment(dict(os.environ))
    what, given = (*sys.argv[1:], "", "")[:2]
    if what == "backup":
        stamp = datetime.now(UTC).strftime("%Y-%m-%d-%H%M%S")
        to = Path(given) if given else data_folder(environment) / "backups" / stamp
        backup(environment, to)
        print(f"The backup is in {to}. It holds people's data and the secrets: keep it as safe as the rest.")
    elif what == "restore" and given:
        restore(environment, Path(given))
        print(f"Restored from {given}.")
    else:
        raise BadSetting("Say `make backup`, `make backup TO=folder` or `make restore FROM=folder`.")


if __name__ == "__main__":
    main()
