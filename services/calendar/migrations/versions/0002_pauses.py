"""Pauses that nobody cuts short, and how long a sweep takes.

The columns may be empty: rows from before have no pause to keep.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("inbox", sa.Column("paused_until", Instant))
    op.add_column("heartbeat", sa.Column("sweep_seconds", sa.Double))


def downgrade() -> None:
    op.drop_column("heartbeat", "sweep_seconds")
    op.drop_column("inbox", "paused_until")
