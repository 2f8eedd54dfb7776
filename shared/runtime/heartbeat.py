"""The heartbeat of a clock: a row that it updates and that `/readyz` reads."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.database.db import AnySession, insert_if_absent
from shared.database.types import UtcDateTime
from shared.database.utc import now

TOO_QUIET = timedelta(seconds=60)


class HeartbeatRow:
    """The last heartbeat of a kind of process (UTC), and the duration of its last sweep of the outbox in seconds."""

    __tablename__ = "heartbeat"

    process: Mapped[str] = mapped_column(String(40), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sweep_seconds: Mapped[float | None]


def beat(session: AnySession, table: Any, sweep_seconds: float | None = None, process: str = "clock") -> None:
    """Record that the process is alive now."""
    values = {"seen_at": now(), "sweep_seconds": sweep_seconds}
    if not insert_if_absent(session, table.__table__, {"process": process, **values}):
        session.execute(update(table).where(table.process == process).values(**values))


def is_quiet(session: Session, table: Any, process: str = "clock") -> bool:
    """True if the process has sent no heartbeat for a minute."""
    row = session.get(table, process)
    return row is None or now() - row.seen_at > TOO_QUIET
