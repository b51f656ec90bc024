"""What waits to be printed."""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNFINISHED = sa.text("state IN ('waiting', 'running')")


def upgrade() -> None:
    op.create_table(
        "printout",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("house_id", ID, nullable=False),
        sa.Column("office_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("clearance", sa.SmallInteger(), nullable=False),
        sa.Column("book", sa.String(length=24), nullable=False),
        sa.Column("filters", storage.columns.Listed(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("runs", sa.SmallInteger(), nullable=False),
        sa.Column("runner", sa.String(length=32), nullable=True),
        sa.Column("renewed_at", storage.columns.Instant(timezone=True), nullable=True),
        sa.Column("asked_at", storage.columns.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", storage.columns.Instant(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("blob_id", ID, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="printout_state"
        ),
        sa.CheckConstraint("(state = 'done') = (blob_id IS NOT NULL)", name="printout_file"),
        sa.ForeignKeyConstraint(["house_id"], ["office.id"]),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("printout_person", "printout", ["house_id", "person_id", "id"], unique=False)
    op.create_index("printout_blob", "printout", ["blob_id"], unique=False)
    op.create_index(
        "printout_unfinished",
        "printout",
        ["id"],
        unique=False,
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
