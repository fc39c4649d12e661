"""Matching keys say whether they are of a sketch: every record is keyed and compared anew when next one comes."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM match_key")
