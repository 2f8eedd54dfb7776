"""Fold the text that search looks through: accents, ligatures and apostrophes make no difference any more."""

import sqlalchemy as sa
from alembic import op

from services.registration.rules.folding import folded

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BATCH = 1000
registrations = sa.table("registrations", sa.column("id", sa.Uuid()), sa.column("search", sa.Text()))


def upgrade() -> None:
    connection = op.get_bind()
    change = (
        sa.update(registrations).where(registrations.c.id == sa.bindparam("row")).values(search=sa.bindparam("text"))
    )
    rows = connection.execute(sa.select(registrations.c.id, registrations.c.search)).all()
    changed = [{"row": row.id, "text": text} for row in rows if (text := folded(row.search)) != row.search]
    for start in range(0, len(changed), BATCH):
        connection.execute(change, changed[start : start + BATCH])


def downgrade() -> None:
    """Folded text is found by the search of before too, if it is typed without accents."""
