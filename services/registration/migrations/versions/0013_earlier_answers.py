"""The versions of the form of answers that are older than the registration's form version."""

import sqlalchemy as sa
from alembic import op

from shared.database.types import Json

revision = "0013"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registrations", sa.Column("earlier_answers", Json, server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("registrations", "earlier_answers")
