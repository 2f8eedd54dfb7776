"""The least that such work could cost: small servers under the product's web server, and plain loops.

`python -m tests.bench.floors NAME PORT` serves one of the applications; DATABASE_URL names a database
where it may make one table.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import psycopg
import psycopg_pool
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from psycopg.types.json import Jsonb
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database.db import connect
from shared.database.types import Json
from shared.runtime.settings import web_workers_for
from shared.runtime.web_server import WebSettings, run_web

Application = Callable[[Any, Any], Iterable[bytes]]

THREADS = 4


def sqlalchemy_insert(url: str) -> Application:
    """One row in one transaction through Flask and SQLAlchemy, with the product's engine options."""

    class Base(DeclarativeBase):
        pass

    db = SQLAlchemy(model_class=Base)

    class Row(db.Model):  # type: ignore[name-defined,misc]
        __tablename__ = "floor"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        email: Mapped[str]
        answers: Mapped[dict[str, Any]] = mapped_column(Json)

    app = Flask(__name__)
    connect(app, db, url.replace("postgresql://", "postgresql+psycopg://"), durable=True)
    with app.app_context():
        db.create_all()
        db.engine.dispose()  # its connections would be shared by the processes to come

    @app.post("/")
    def insert() -> tuple[dict[str, Any], int]:
        given = request.get_json()
        row = Row(name=given["name"], email=given["email"], answers=given["answers"])
        db.session.add(row)
        db.session.commit()
        return {"status": "confirmed"}, 201

    return app


def psycopg_insert(url: str) -> Application:
    """One row in one transaction, by the driver alone."""

    @cache
    def pool() -> psycopg_pool.ConnectionPool:
        """The connections of this process."""
        return psycopg_pool.ConnectionPool(url, min_size=THREADS, max_size=THREADS, open=True)

    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS floor_bare (name text, email text, answers jsonb)")

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        given = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        with pool().connection() as connection:
            values = (given["name"], given["email"], Jsonb(given["answers"]))
            connection.execute("INSERT INTO floor_bare VALUES (%s, %s, %s)", values)
        body = b'{"status": "confirmed"}'
        start_response("201 Created", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return application


def main() -> None:
    """Serve the application that the command line names."""
    _, name, port = sys.argv
    make: dict[str, Callable[[str], Application]] = {"sqlalchemy": sqlalchemy_insert, "psycopg": psycopg_insert}
    url = os.environ["DATABASE_URL"]
    workers = web_workers_for(url)  # as many as the product has
    run_web(make[name](url), WebSettings(int(port), "127.0.0.1", workers, THREADS, shutdown_seconds=2))


if __name__ == "__main__":
    main()
