"""Deliveries, suppressions, what notifications owes, and its clock's sign of life."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
waiting = {"sqlite_where": sa.text("settled_at IS NULL"), "postgresql_where": sa.text("settled_at IS NULL")}


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("queue", sa.String(40), nullable=False),
        sa.Column("type", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("ordinal", sa.BigInteger, nullable=False),
        sa.Column("bulk", sa.Boolean, nullable=False),
        sa.Column("body", Json),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("due_at", Instant),
        sa.Column("published_at", Instant),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("settled_at", Instant),
        sa.Column("outcome", sa.String(20)),
        sa.Column("detail", sa.Text),
        sa.Column("possibly_repeated", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_owed", "outbox", ["due_at"], **waiting)
    op.create_index("ix_outbox_key", "outbox", ["key", "ordinal"])
    op.create_index("ix_outbox_settled_at", "outbox", ["settled_at"])

    op.create_table(
        "inbox",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("envelope", Json),
        sa.Column("type", sa.String(60), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("ordinal", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("due_at", Instant),
        sa.Column("lease_until", Instant),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
        sa.Column("crashes", sa.Integer, nullable=False),
        sa.Column("answer", Json),
        sa.Column("detail", sa.Text),
        sa.Column("settled_at", Instant),
        sa.Column("kind", sa.String(40)),
        sa.Column("registration_id", sa.String(60)),
        sa.Column("message_id_header", sa.String(320)),
        sa.Column("seconds_taken", sa.Double),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_waiting", "inbox", ["due_at"], **waiting)
    op.create_index("ix_inbox_key", "inbox", ["key", "ordinal"])
    op.create_index("ix_inbox_settled_at", "inbox", ["settled_at"])
    op.create_index("ix_inbox_registration_id", "inbox", ["registration_id"])

    op.create_table(
        "heartbeat",
        sa.Column("process", sa.String(40), nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "suppression",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_suppression")),
    )


def downgrade() -> None:
    for table in ("suppression", "heartbeat", "inbox", "outbox"):
        op.drop_table(table)
