"""The clock's sign of life: a row that it touches, and that readiness looks at."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.database.db import AnySession, insert_if_absent
from shared.database.types import UtcDateTime
from shared.database.utc import now

TOO_QUIET = timedelta(seconds=60)


class HeartbeatRow:
    """When a process of this kind was last seen (UTC), and how long its last sweep of the outbox took."""

    __tablename__ = "heartbeat"

    process: Mapped[str] = mapped_column(String(40), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sweep_seconds: Mapped[float | None]


def beat(session: AnySession, table: Any, sweep_seconds: float | None = None, process: str = "clock") -> None:
    """Say that the process is alive."""
    values = {"seen_at": now(), "sweep_seconds": sweep_seconds}
    if not insert_if_absent(session, table.__table__, {"process": process, **values}):
        session.execute(update(table).where(table.process == process).values(**values))


def is_quiet(session: Session, table: Any, process: str = "clock") -> bool:
    """True where the process has not been seen for a minute."""
    row = session.get(table, process)
    return row is None or now() - row.seen_at > TOO_QUIET
