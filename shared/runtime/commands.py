"""The commands of every service: `flask --app services.registration web`, worker, clock, upgrade, outbox."""

from typing import Any

import click
from flask import Flask, current_app

from shared.database import migrations
from shared.messaging import outbox, outbox_queries
from shared.messaging.queue import Queue
from shared.runtime.clock import run_clock
from shared.runtime.web_server import run_web, web_settings
from shared.runtime.worker import run_worker


def add_commands(app: Flask) -> None:
    """Give the application its `flask` commands: web, worker, clock, upgrade, outbox."""
    config = app.config

    @app.cli.command("web")
    def web() -> None:
        """Serve the pages and the API of this service."""
        run_web(app, web_settings(config))

    @app.cli.command("worker")
    def worker() -> None:
        """Handle the messages of this service."""
        run_worker(
            [app],
            broker_url=config["BROKER_URL"],
            threads=config["WORKER_THREADS"],
            shutdown_seconds=config["SHUTDOWN_SECONDS"],
        )

    @app.cli.command("clock")
    def clock() -> None:
        """Run the periodic jobs of this service."""
        run_clock([app])

    @app.cli.command("upgrade")
    def upgrade() -> None:
        """Migrate the database of this service to its latest version."""
        migrations.upgrade(app)

    app.cli.add_command(_outbox_commands())


def _outbox_commands() -> click.Group:
    group = click.Group("outbox", help="The messages that this service owes to others.")

    @group.command("list")
    @click.option("--all", "everything", is_flag=True, help="Include settled messages.")
    def list_(everything: bool) -> None:
        """List the messages that are owed or failed, oldest first."""
        for row in outbox_queries.listed(_queue(), everything=everything):
            click.echo(f"{row.id}  {row.type:<16} {row.key:<45} {row.outcome or 'owed':<10} {row.detail or ''}")

    @group.command()
    @click.argument("message_id", type=click.UUID)
    def show(message_id: Any) -> None:
        """Show one message."""
        row = _queue().session.get(_queue().Outbox, message_id)
        if row is None:
            raise click.ClickException("There is no such message.")
        for column in row.__table__.columns:
            click.echo(f"{column.name:<18} {getattr(row, column.name)}")

    @group.command()
    @click.argument("message_id", type=click.UUID, required=False)
    @click.option("--all", "everything", is_flag=True, help="Every failed message.")
    def replay(message_id: Any, everything: bool) -> None:
        """Send a failed message, or all of them, again."""
        chosen = [row.id for row in outbox_queries.failed(_queue())] if everything else [message_id]
        for one in chosen:
            again = outbox.replay(_queue(), one) if one else None
            _queue().session.commit()
            click.echo(f"{one} is owed again as {again}" if again else f"{one}: nothing to replay")

    return group


def _queue() -> Queue:
    queue: Queue = current_app.extensions["queue"]
    return queue
