"""How many registrations of an event have each status, kept by the database itself as they come and change.

On PostgreSQL a transaction adds to a row that no other is adding to, or begins a new one, so registrations never
wait for each other's tallies; there are as many rows as there have been transactions at one time. The rows that
one statement inserts or deletes are added at once. SQLite has one writer, and so one row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

POSTGRESQL = (
    """
    CREATE FUNCTION tally(of_event uuid, of_status varchar, step bigint) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE tallies SET registrations = registrations + step WHERE id = (
            SELECT id FROM tallies WHERE event_id = of_event AND status = of_status LIMIT 1 FOR UPDATE SKIP LOCKED
        );
        IF NOT FOUND THEN
            INSERT INTO tallies (event_id, status, registrations) VALUES (of_event, of_status, step);
        END IF;
    END $$
    """,
    """
    CREATE FUNCTION tally_registrations() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            PERFORM tally(event_id, status, count(*)) FROM counted GROUP BY event_id, status;
        ELSIF TG_OP = 'DELETE' THEN
            PERFORM tally(event_id, status, -count(*)) FROM counted GROUP BY event_id, status;
        ELSE
            PERFORM tally(OLD.event_id, OLD.status, -1);
            PERFORM tally(NEW.event_id, NEW.status, 1);
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER tally_new AFTER INSERT ON registrations REFERENCING NEW TABLE AS counted
        FOR EACH STATEMENT EXECUTE FUNCTION tally_registrations()
    """,
    """
    CREATE TRIGGER tally_changed AFTER UPDATE OF status ON registrations
        FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION tally_registrations()
    """,
    """
    CREATE TRIGGER tally_gone AFTER DELETE ON registrations REFERENCING OLD TABLE AS counted
        FOR EACH STATEMENT EXECUTE FUNCTION tally_registrations()
    """,
)

ADD = """
    UPDATE tallies SET registrations = registrations + 1 WHERE event_id = NEW.event_id AND status = NEW.status;
    INSERT INTO tallies (event_id, status, registrations) SELECT NEW.event_id, NEW.status, 1 WHERE changes() = 0;
"""
TAKE_AWAY = """
    UPDATE tallies SET registrations = registrations - 1 WHERE event_id = OLD.event_id AND status = OLD.status;
"""
SQLITE = (
    f"CREATE TRIGGER tally_new AFTER INSERT ON registrations BEGIN {ADD} END",
    f"""
    CREATE TRIGGER tally_changed AFTER UPDATE OF status ON registrations WHEN OLD.status <> NEW.status
    BEGIN {TAKE_AWAY} {ADD} END
    """,
    f"CREATE TRIGGER tally_gone AFTER DELETE ON registrations BEGIN {TAKE_AWAY} END",
)

COUNT_ALL = """
    INSERT INTO tallies (event_id, status, registrations)
    SELECT event_id, status, count(*) FROM registrations GROUP BY event_id, status
"""


def upgrade() -> None:
    op.create_table(
        "tallies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("registrations", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_tallies_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tallies")),
    )
    op.create_index("ix_tallies_event_id_status", "tallies", ["event_id", "status"])
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)
    op.execute(COUNT_ALL)  # after the triggers, whose making keeps others from writing until this is committed
    op.drop_index("ix_registrations_tallies", "registrations")


def downgrade() -> None:
    op.create_index("ix_registrations_tallies", "registrations", ["event_id", "status"])
    on_table = " ON registrations" if op.get_bind().dialect.name == "postgresql" else ""
    for trigger in ("tally_new", "tally_changed", "tally_gone"):
        op.execute(f"DROP TRIGGER {trigger}{on_table}")
    if on_table:
        op.execute("DROP FUNCTION tally_registrations")
        op.execute("DROP FUNCTION tally")
    op.drop_table("tallies")
