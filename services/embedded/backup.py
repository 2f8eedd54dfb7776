"""Backups of every service's database and the secrets, taken while Placecard runs: `make backup` and `make restore`.

Registration is copied first, then the services that receive its messages. A message that only the later copies know
is deduplicated after a restore; if the later copies lacked one, it would be sent twice.
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

from services.embedded.data_folder import SECRETS, data_folder, database_urls, lock_folder
from shared.runtime.settings import BadSetting, Environment


def backup(environment: Environment, to: Path) -> None:
    """Copy the databases and secrets into a new folder `to` that only its owner can read. Raises BadSetting."""
    folder = data_folder(environment)
    if to.exists():
        raise BadSetting(f"{to} exists already; a backup goes into a new folder.")
    to.mkdir(mode=0o700, parents=True)
    for name, url in _databases(environment, folder):
        _copy_out(url, to / name)
    for name in SECRETS:
        if (folder / name).exists():
            shutil.copy2(folder / name, to / name)


def restore(environment: Environment, source: Path) -> None:
    """Restore a backup into empty databases. Raises BadSetting if a database is not empty or a copy is missing."""
    folder = data_folder(environment)
    with lock_folder(folder):
        databases = _databases(environment, folder)
        for name, url in databases:
            if not (source / name).is_file():
                raise BadSetting(f"{source} is not a backup: {name} is not in it.")
            if not _is_empty(url):
                raise BadSetting(f"The {name} database is not empty; a backup goes back into empty ones.")
        for name, url in databases:
            _copy_in(source / name, url)
        for name in SECRETS:
            if (source / name).exists():
                shutil.copy2(source / name, folder / name)


def _databases(environment: Environment, folder: Path) -> list[tuple[str, URL]]:
    return [(name, make_url(url)) for name, url in database_urls(environment, folder).items()]


def _copy_out(url: URL, file: Path) -> None:
    if url.get_backend_name() != "sqlite":
        return _run("pg_dump", url, "--format=custom", "--no-owner", f"--file={file}")
    if not Path(str(url.database)).is_file():
        raise BadSetting(f"There is no database at {url.database}.")
    with closing(sqlite3.connect(str(url.database))) as database, closing(sqlite3.connect(file)) as copy:
        database.backup(copy)


def _copy_in(file: Path, url: URL) -> None:
    if url.get_backend_name() != "sqlite":
        return _run("pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", str(file))
    with closing(sqlite3.connect(file)) as copy, closing(sqlite3.connect(str(url.database))) as database:
        copy.backup(database)


def _is_empty(url: URL) -> bool:
    driver = "sqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(url.set(drivername=driver))
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _run(program: str, url: URL, *words: str) -> None:
    """Run a PostgreSQL program on the database at `url`. The password is passed in the environment."""
    found = shutil.which(program)
    if found is None:
        raise BadSetting(f"{program}, a program of PostgreSQL's, is needed for this and is not on PATH.")
    where = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    password = {"PGPASSWORD": url.password} if url.password else {}
    done = subprocess.run([found, f"--dbname={where}", *words], env={**os.environ, **password}, check=False)
    if done.returncode:
        raise BadSetting(f"{program} failed; the lines above say why.")


def main() -> None:
    """`python -m services.embedded.backup backup [FOLDER]` or `restore FOLDER`."""
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
