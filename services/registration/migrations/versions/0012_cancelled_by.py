"""Who cancelled a registration, and how often its address was corrected."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KINDS = ("registrant", "organiser", "api", "system")
CARRY_OVER = """
    UPDATE registrations SET cancelled_by = :kind
    WHERE status = 'cancelled' AND (
        SELECT actor FROM timeline
        WHERE timeline.registration_id = registrations.id AND what = 'cancelled' ORDER BY timeline.id DESC LIMIT 1
    ) LIKE :actor
"""


def upgrade() -> None:
    op.add_column("registrations", sa.Column("cancelled_by", sa.String(20), nullable=True))
    op.add_column("registrations", sa.Column("address_version", sa.Integer(), nullable=False, server_default="0"))
    for kind in KINDS:
        op.get_bind().execute(sa.text(CARRY_OVER), {"kind": kind, "actor": f"{kind}%"})


def downgrade() -> None:
    op.drop_column("registrations", "address_version")
    op.drop_column("registrations", "cancelled_by")
