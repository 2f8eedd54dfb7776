"""An answer to each session's invitation, instead of the last one to any.

Where an event has one session, the answer known is the answer to it. Elsewhere nobody knows which session
it was about, so it stays on the registration alone, until the next answer comes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
CARRY_OVER = """
    INSERT INTO rsvps (registration_id, session_id, answer, comment, stamped_at, received_at)
    SELECT registrations.id, sessions.id, rsvp, '', rsvp_at, rsvp_at
    FROM registrations JOIN sessions ON sessions.event_id = registrations.event_id
    WHERE rsvp IS NOT NULL AND rsvp_at IS NOT NULL
    AND (SELECT count(*) FROM sessions AS others WHERE others.event_id = registrations.event_id) = 1
"""


def upgrade() -> None:
    op.create_table(
        "rsvps",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.String(20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("stamped_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_rsvps_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_rsvps_session_id_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("registration_id", "session_id", name=op.f("pk_rsvps")),
    )
    op.create_index("ix_rsvps_session_id", "rsvps", ["session_id"])
    op.execute(CARRY_OVER)


def downgrade() -> None:
    op.drop_index("ix_rsvps_session_id", "rsvps")
    op.drop_table("rsvps")
