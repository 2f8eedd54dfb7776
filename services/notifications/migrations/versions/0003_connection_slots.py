"""Name the tables of the relay's limits after what they hold. Their rows live for minutes and are not kept."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("line")
    op.drop_table("pace")
    _create("rate_limit_turn", "connection_slot")


def downgrade() -> None:
    op.drop_table("connection_slot")
    op.drop_table("rate_limit_turn")
    _create("pace", "line")


def _create(turns: str, slots: str) -> None:
    op.create_table(
        turns,
        sa.Column("relay", sa.String(200), nullable=False),
        sa.Column("next_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("relay", name=op.f(f"pk_{turns}")),
    )
    op.create_table(
        slots,
        sa.Column("relay", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("relay", "number", name=op.f(f"pk_{slots}")),
    )
