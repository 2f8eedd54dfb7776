"""Indexes that keep the organiser's list quick however long it is: its tallies, answers and search. And one
for the clock, which asks every second which events have changed.

Search looks inside words. PostgreSQL has trigrams for that, in an extension that may be missing or not
ours to create: then search reads the whole list, as it did before. SQLite reads a narrow copy of the list.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TRIGRAMS = """
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX ix_registrations_trigrams ON registrations
        USING gin (search gin_trgm_ops) WITH (gin_pending_list_limit = 256);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
    RAISE NOTICE 'There is no pg_trgm here, or no right to create it: search will read whole lists.';
END $$
"""


def upgrade() -> None:
    op.create_index("ix_registrations_tallies", "registrations", ["event_id", "status"])
    answered = sa.text("rsvp IS NOT NULL")
    op.create_index(
        "ix_registrations_rsvp",
        "registrations",
        ["event_id", "rsvp", "created_at", "id"],
        sqlite_where=answered,
        postgresql_where=answered,
    )
    op.create_index(
        "ix_events_telling", "events", ["id"], sqlite_where=sa.text("telling = 1"), postgresql_where=sa.text("telling")
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(TRIGRAMS)
    else:
        op.create_index("ix_registrations_search", "registrations", ["event_id", "created_at", "id", "search"])


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS ix_registrations_trigrams")
    op.execute("DROP INDEX IF EXISTS ix_registrations_search")
    op.drop_index("ix_events_telling", "events")
    op.drop_index("ix_registrations_rsvp", "registrations")
    op.drop_index("ix_registrations_tallies", "registrations")
