"""The versions of the form of answers that are older than the registration's, and an index that finds the people in one
state in a cohort."""

import sqlalchemy as sa
from alembic import op

from shared.database.types import Json

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registrations", sa.Column("earlier_answers", Json, server_default="{}", nullable=False))
    op.drop_index("ix_placements_cohort_id", "placements")
    op.create_index("ix_placements_cohort_id", "placements", ["cohort_id", "status", "person_id"])


def downgrade() -> None:
    op.drop_index("ix_placements_cohort_id", "placements")
    op.create_index("ix_placements_cohort_id", "placements", ["cohort_id", "status"])
    op.drop_column("registrations", "earlier_answers")
