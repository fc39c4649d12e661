"""Links between records without a common id, and the keys by which they are found."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('match_key',
        sa.Column('key', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('record_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['record_id'], ['source_record.id']),
        sa.PrimaryKeyConstraint('key', 'record_id'),
        sqlite_with_rowid=False
    )
    op.create_index('ix_match_key_record_id', 'match_key', ['record_id'], unique=False)
    op.create_table('paper_link',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('a_key', sa.String(), nullable=False),
        sa.Column('b_key', sa.String(), nullable=False),
        sa.Column('decision', sa.String(), nullable=False),
        sa.Column('method', sa.String(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('score', sa.Float(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('paper_id', sa.Integer(), nullable=True),
        sa.Column('first_seen', sa.DateTime(timezone=True), nullable=True),
        sa.Column('labels', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_paper_link_method', 'paper_link', ['method'], unique=False)
    op.create_index('ix_paper_link_b_key', 'paper_link', ['b_key'], unique=False)
