"""The version of an invite that asked last, and whether an answer was proved.

Older invites count as asked by their last version, and older answers as not proved: nobody looked at their senders.
The defaults are for the rows that are there; the service states every value itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("invitations", sa.Column("asked_sequence", sa.Integer, nullable=False, server_default="0"))
    op.add_column(
        "invitations", sa.Column("asked_at", Instant, nullable=False, server_default=sa.text("'1970-01-01 00:00:00'"))
    )
    op.add_column("rsvps", sa.Column("sequence", sa.Integer, nullable=False, server_default="0"))
    op.add_column("rsvps", sa.Column("proved", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("UPDATE invitations SET asked_sequence = sequence, asked_at = stated_at")
    op.execute(
        "UPDATE rsvps SET sequence = (SELECT invitations.sequence FROM invitations WHERE invitations.uid = rsvps.uid)"
    )


def downgrade() -> None:
    op.drop_column("rsvps", "proved")
    op.drop_column("rsvps", "sequence")
    op.drop_column("invitations", "asked_at")
    op.drop_column("invitations", "asked_sequence")
