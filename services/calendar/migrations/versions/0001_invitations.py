"""Listings, registrations, invitations and their answers; what calendar owes and has received."""

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
    _what_is_shown()
    _the_road()


def downgrade() -> None:
    for table in (
        "heartbeat",
        "inbox",
        "outbox",
        "mailboxes",
        "rsvps",
        "invitations",
        "registrations",
        "listings",
    ):
        op.drop_table(table)


def _what_is_shown() -> None:
    op.create_table(
        "listings",
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("slug", sa.String(200), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("event", Json, nullable=False),
        sa.Column("cancelled_at", Json, nullable=False),
        sa.Column("stated_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_listings")),
    )
    op.create_index("ix_listings_slug", "listings", ["slug"])
    op.create_index("ix_listings_ends_at", "listings", ["ends_at"])

    op.create_table(
        "registrations",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("page_url", sa.Text, nullable=False),
        sa.Column("series", Json),
        sa.Column("event", Json, nullable=False),
        sa.Column("cancelled_at", Json, nullable=False),
        sa.Column("stated_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
    )
    op.create_index("ix_registrations_person_id", "registrations", ["person_id"])
    op.create_index("ix_registrations_ends_at", "registrations", ["ends_at"])

    op.create_table(
        "invitations",
        sa.Column("uid", sa.String(255), nullable=False),
        sa.Column("registration_id", sa.String(64), nullable=False),
        sa.Column("part", sa.String(64), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("shown", sa.String(64), nullable=False),
        sa.Column("stated_at", Instant, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("invited", sa.String(64), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_invitations_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_invitations")),
    )
    op.create_index("uq_invitations_registration_id_part", "invitations", ["registration_id", "part"], unique=True)

    op.create_table(
        "rsvps",
        sa.Column("uid", sa.String(255), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("answer", sa.String(20), nullable=False),
        sa.Column("stamped_at", Instant, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["uid"], ["invitations.uid"], name=op.f("fk_rsvps_uid_invitations"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("uid", "session_id", name=op.f("pk_rsvps")),
    )

    op.create_table(
        "mailboxes",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("uid_validity", sa.String(20), nullable=False),
        sa.Column("last_uid", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mailboxes")),
    )


def _the_road() -> None:
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_waiting", "inbox", ["due_at"], **waiting)
    op.create_index("ix_inbox_key", "inbox", ["key", "ordinal"])
    op.create_index("ix_inbox_settled_at", "inbox", ["settled_at"])

    op.create_table(
        "heartbeat",
        sa.Column("process", sa.String(40), nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_heartbeat")),
    )
