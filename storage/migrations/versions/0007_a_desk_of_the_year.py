"""What a desk counts is found by the day it was sent, not by an entry for each delivery that waits."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("dispatch_sent", "dispatch", ["house_id", "sent_at"])
    op.drop_index("delivery_missing", "delivery")
