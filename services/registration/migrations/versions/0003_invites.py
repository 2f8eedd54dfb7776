"""An organiser's choices about an event's invites. Events from before have them as they were sent until now."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = (
    ("asks_for_rsvp", sa.Boolean, sa.true()),
    ("decline_frees_place", sa.Boolean, sa.false()),
    ("reminder_minutes", sa.Integer, "15"),
    ("organiser_name", sa.String(200), ""),
    ("organiser_email", sa.String(320), ""),
)


def upgrade() -> None:
    for name, kind, default in COLUMNS:
        op.add_column("events", sa.Column(name, kind, nullable=False, server_default=default))


def downgrade() -> None:
    for name, _, _ in reversed(COLUMNS):
        op.drop_column("events", name)
