"""The clock's sign of life: a row that it touches, and that readiness looks at."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.clock import now
from shared.db import UtcDateTime, insert_if_absent

TOO_QUIET = timedelta(seconds=60)


class HeartbeatRow:
    """When a process of this kind was last seen (UTC)."""

    __tablename__ = "heartbeat"

    process: Mapped[str] = mapped_column(String(40), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


def beat(session: Session, table: Any, process: str = "clock") -> None:
    """Say that the process is alive."""
    if not insert_if_absent(session, table.__table__, {"process": process, "seen_at": now()}):
        session.get_one(table, process).seen_at = now()
    session.commit()


def is_quiet(session: Session, table: Any, process: str = "clock") -> bool:
    """True where the process has not been seen for a minute."""
    row = session.get(table, process)
    return row is None or now() - row.seen_at > TOO_QUIET
