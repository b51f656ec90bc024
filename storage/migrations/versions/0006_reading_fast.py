"""Indexes and rows that make reading quick."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    search()
    for statement in DELIVERIES:
        op.execute(statement)


# What waits for others' acknowledgement is little, however many years lie below it; what came back is less.
DELIVERIES = (
    """
    CREATE INDEX delivery_missing ON delivery (sender_id, office_id, dispatch_id)
        WHERE state = 'waiting' AND office_id IS NOT NULL
    """,
    "CREATE INDEX delivery_returned ON delivery (sender_id, dispatch_id, id) WHERE state = 'returned'",
    # How often a house has sent a letter: by the letter, not among all that the house has sent.
    "DROP INDEX dispatch_letter",
    "CREATE INDEX dispatch_letter ON dispatch (letter_id, house_id)",
)


# -- search ---------------------------------------------------------------------------------------

# The number that a letter's sender gave it, whatever stands before: `ศธ 04183/ว 2631` is found by 2631.
ENDING = """
    CREATE INDEX letter_trigram_ending
    ON letter (ltrim(substr(letter_key, length(rtrim(letter_key, '0123456789')) + 1), '0'))
"""
# Pairs too, so that two characters that stand nowhere are not looked for in the whole book: with them the
# index is 1.3 times the text. A loop, because arrays put together in a query take three times as long
# (142 and 44 µs a letter, measured); not in parallel, because starting workers takes longer than a search.
PIECES = (
    "DROP INDEX letter_trigram",
    "DROP FUNCTION trigrams",
    """
    CREATE FUNCTION pieces(words text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL RESTRICTED COST 1000 AS $$
    DECLARE
        one text[] := string_to_array(words || ' ', NULL);
        found text[] := '{}';
    BEGIN
        FOR i IN 2 .. cardinality(one) LOOP
            found := found || (one[i - 1] || one[i]);
            IF i > 2 THEN
                found := found || (one[i - 2] || one[i - 1] || one[i]);
            END IF;
        END LOOP;
        RETURN found;
    END $$
    """,
    "CREATE INDEX letter_trigram ON letter_text USING gin (pieces(text))",
)


def search() -> None:
    op.execute(ENDING)
    if op.get_bind().dialect.name == "postgresql":
        for statement in PIECES:
            op.execute(statement)
