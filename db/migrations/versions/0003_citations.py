"""How often papers are cited, by id and service."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('citation_count',
        sa.Column('scheme', sa.String(), nullable=False),
        sa.Column('value', sa.String(), nullable=False),
        sa.Column('service', sa.String(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=True),
        sa.Column('retrieved_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('scheme', 'value', 'service'),
        sqlite_with_rowid=False
    )
