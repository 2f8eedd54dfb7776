"""When a person was last asked to confirm a No to the invitation that nobody proved.

Answers from before count as they did when they came.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registrations", sa.Column("asked_about_no_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.execute("UPDATE rsvps SET answer = 'declined' WHERE answer = 'declined_unproved'")
    op.execute("UPDATE registrations SET rsvp = 'declined' WHERE rsvp = 'declined_unproved'")
    op.drop_column("registrations", "asked_about_no_at")
