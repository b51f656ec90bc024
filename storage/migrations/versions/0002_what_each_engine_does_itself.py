"""What each engine does by itself: the trigrams of letters' words, the chain's hash, the feed's one row."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The index follows the table by triggers, so that no statement of ours can forget it. `detail=none` keeps
# only which letters hold a trigram (112 MB for a million subjects instead of 310); instr verifies the finds.
# The space at the end lets the last two characters of a text be found too.
SQLITE = (
    """
    CREATE VIRTUAL TABLE letter_trigram USING fts5(
        text, content='', tokenize='trigram case_sensitive 1', detail='none', columnsize=0
    )
    """,
    """
    CREATE TRIGGER letter_text_added AFTER INSERT ON letter_text BEGIN
        INSERT INTO letter_trigram (rowid, text) VALUES (new.letter_id, new.text || ' ');
    END
    """,
    """
    CREATE TRIGGER letter_text_changed AFTER UPDATE OF text ON letter_text WHEN old.text <> new.text BEGIN
        INSERT INTO letter_trigram (letter_trigram, rowid, text)
            VALUES ('delete', old.letter_id, old.text || ' ');
        INSERT INTO letter_trigram (rowid, text) VALUES (new.letter_id, new.text || ' ');
    END
    """,
    "CREATE VIRTUAL TABLE letter_trigram_term USING fts5vocab('letter_trigram', 'row')",
)

# No extension: pg_trgm finds nothing in Thai under lc_ctype=C. The same trigrams, as an array under GIN.
# The cost is the measured one (tens of microseconds a text): the planner must ask the index, not every row.
POSTGRESQL = (
    """
    CREATE FUNCTION trigrams(words text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
        SELECT coalesce(array_agg(DISTINCT c[i] || c[i + 1] || c[i + 2]), '{}')
        FROM (SELECT string_to_array(words || ' ', NULL) AS c) AS characters,
             generate_series(1, cardinality(c) - 2) AS i
    $$
    """,
    "CREATE INDEX letter_trigram ON letter_text USING gin (trigrams(text))",
    """
    CREATE FUNCTION chained(previous bytea, body bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT sha256(previous || body) $$
    """,
)


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
    op.execute("INSERT INTO tick (id, base) VALUES (1, 0)")
