"""Pauses that nobody cuts short, and how long a sweep takes; a pace and lines that worker processes share.

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
    op.create_table(
        "pace",
        sa.Column("relay", sa.String(200), nullable=False),
        sa.Column("next_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("relay", name=op.f("pk_pace")),
    )
    op.create_table(
        "line",
        sa.Column("relay", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("relay", "number", name=op.f("pk_line")),
    )


def downgrade() -> None:
    op.drop_table("line")
    op.drop_table("pace")
    op.drop_column("heartbeat", "sweep_seconds")
    op.drop_column("inbox", "paused_until")
