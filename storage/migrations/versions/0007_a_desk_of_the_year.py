"""What a desk counts is found by the day it was sent, and by what is left to do."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UNDONE = """
    CREATE INDEX assignment_undone ON assignment (house_id, entry_id)
        WHERE state IN ('open', 'accepted')
"""


def upgrade() -> None:
    op.execute(UNDONE)
    op.create_index("dispatch_sent", "dispatch", ["house_id", "sent_at"])
    op.drop_index("delivery_missing", "delivery")
