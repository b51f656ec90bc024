"""Letters written here: what stands on their paper."""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "letterhead",
        sa.Column("office_id", ID, nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("signer", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("blob_id", ID, nullable=True),
        sa.Column("changed_at", storage.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"]),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"]),
        sa.PrimaryKeyConstraint("office_id"),
    )
    op.create_index("letterhead_blob", "letterhead", ["blob_id"], unique=False)
    op.create_table(
        "letter_paper",
        sa.Column("letter_id", ID, nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("salutation", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("closing", sa.Text(), nullable=False),
        sa.Column("signer", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("attachment_id", ID, nullable=True),
        sa.CheckConstraint("form IN ('external', 'memo', 'sealed')", name="letter_paper_form"),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"]),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachment.id"]),
        sa.PrimaryKeyConstraint("letter_id"),
    )
