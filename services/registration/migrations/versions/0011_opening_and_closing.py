"""When registration for an event opens and closes, and the order of events by their sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("takes_registrations", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("events", sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("events", sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_sessions_starts_at", "sessions", ["starts_at", "id"])
    op.create_index("ix_sessions_ends_at", "sessions", ["ends_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_sessions_ends_at", "sessions")
    op.drop_index("ix_sessions_starts_at", "sessions")
    op.drop_column("events", "closes_at")
    op.drop_column("events", "opens_at")
    op.drop_column("events", "takes_registrations")
