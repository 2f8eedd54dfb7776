"""Runs Alembic for one service; each service's `migrations/env.py` calls `run()`."""

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from flask import Flask, current_app


def run() -> None:
    """Migrate the database of the current application, inside one transaction."""
    db = current_app.extensions["sqlalchemy"]
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


def upgrade(app: Flask) -> None:
    """Migrate the application's database to its latest version. Running it again changes nothing."""
    with app.app_context():
        command.upgrade(config_of(app), "head")


def config_of(app: Flask) -> Config:
    """Alembic's configuration for the application's own migrations."""
    config = Config()
    config.set_main_option("script_location", str(migrations_of(app)))
    config.set_main_option("path_separator", "os")
    return config


def migrations_of(app: Flask) -> Path:
    """The folder that holds the application's migrations."""
    return Path(app.root_path) / "migrations"
