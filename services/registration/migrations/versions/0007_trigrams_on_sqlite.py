"""Trigrams for search on SQLite too, where its FTS5 has them (from SQLite 3.34 on). Elsewhere search reads the
narrow index that it read before.

Its rows are told apart by a number of their own, for SQLite may number the rows of `registrations` anew. Writing
to it costs nearly the same for one row as for many, so every 64th registration brings in the last 64; search
looks at those after it as they are. The index holds no text, so what leaves it has to be said again as it was.
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TRIGRAMS = """
    CREATE VIRTUAL TABLE registration_search
    USING fts5(search, tokenize = 'trigram case_sensitive 1', content = '', columnsize = 0, detail = none)
"""
NUMBERS = """
    CREATE TABLE registration_search_numbers (
        number INTEGER PRIMARY KEY AUTOINCREMENT, registration_id CHAR(32) NOT NULL UNIQUE
    )
"""
INDEXED = """
    CREATE VIEW registration_search_indexed AS
    SELECT number, registration_id FROM registration_search_numbers
    WHERE number <= (SELECT seq / 64 * 64 FROM sqlite_sequence WHERE name = 'registration_search_numbers')
"""
FILL = (
    "INSERT INTO registration_search_numbers (registration_id) SELECT id FROM registrations",
    """
    INSERT INTO registration_search (rowid, search)
    SELECT number, search FROM registration_search_indexed JOIN registrations ON registrations.id = registration_id
    """,
)
TRIGGERS = (
    """
    CREATE TRIGGER search_new AFTER INSERT ON registrations BEGIN
        INSERT INTO registration_search_numbers (registration_id) VALUES (NEW.id);
    END
    """,
    """
    CREATE TRIGGER search_64_new AFTER INSERT ON registration_search_numbers WHEN NEW.number % 64 = 0 BEGIN
        INSERT INTO registration_search (rowid, search)
        SELECT number, search FROM registration_search_numbers JOIN registrations ON registrations.id = registration_id
        WHERE number > NEW.number - 64;
    END
    """,
    """
    CREATE TRIGGER search_changed AFTER UPDATE OF search ON registrations WHEN OLD.search <> NEW.search BEGIN
        INSERT INTO registration_search (registration_search, rowid, search)
        SELECT 'delete', number, OLD.search FROM registration_search_indexed WHERE registration_id = OLD.id;
        INSERT INTO registration_search (rowid, search)
        SELECT number, NEW.search FROM registration_search_indexed WHERE registration_id = NEW.id;
    END
    """,
    """
    CREATE TRIGGER search_gone AFTER DELETE ON registrations BEGIN
        INSERT INTO registration_search (registration_search, rowid, search)
        SELECT 'delete', number, OLD.search FROM registration_search_indexed WHERE registration_id = OLD.id;
        DELETE FROM registration_search_numbers WHERE registration_id = OLD.id;
    END
    """,
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    try:
        op.execute(TRIGRAMS)
    except sa.exc.OperationalError:
        logging.getLogger(__name__).warning("This SQLite has no trigrams (FTS5): search will read whole lists.")
        return
    for statement in (NUMBERS, INDEXED, *FILL, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for trigger in ("search_new", "search_64_new", "search_changed", "search_gone"):
        op.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    op.execute("DROP VIEW IF EXISTS registration_search_indexed")
    op.execute("DROP TABLE IF EXISTS registration_search")
    op.execute("DROP TABLE IF EXISTS registration_search_numbers")
