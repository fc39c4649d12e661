"""Words, typical papers and words by year of cells and topics."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('place_words',
        sa.Column('run_id', sa.Integer(), nullable=False),
        sa.Column('place', sa.String(), nullable=False),
        sa.Column('n_papers', sa.Integer(), nullable=False),
        sa.Column('words', sa.JSON(), nullable=False),
        sa.Column('typical', sa.JSON(), nullable=False),
        sa.Column('years', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['run_id'], ['discovery_run.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('run_id', 'place')
    )
