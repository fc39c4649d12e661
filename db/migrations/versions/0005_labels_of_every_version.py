"""The search for the current label begins with the paper: people's labels count on every version."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index('ix_label_assignment_current', table_name='label_assignment')
    op.drop_index('ix_label_assignment_paper', table_name='label_assignment')
    op.create_index('ix_label_assignment_current', 'label_assignment', ['paper_id', 'authority', 'id', 'taxonomy_version', 'created_at'], unique=False)
