"""Tags, notes and reading lists."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _time(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    op.create_table('paper_tag',
        sa.Column('paper_key', sa.String(), nullable=False),
        sa.Column('tag', sa.String(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        _time('at'),
        sa.PrimaryKeyConstraint('paper_key', 'tag'),
        sqlite_with_rowid=False
    )
    op.create_index('ix_paper_tag_tag', 'paper_tag', ['tag'], unique=False)
    op.create_table('paper_note',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('paper_key', sa.String(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        _time('at'),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_paper_note_paper_key', 'paper_note', ['paper_key'], unique=False)
    op.create_table('reading_list',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        _time('created_at'),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('name')
    )
    op.create_table('reading_list_paper',
        sa.Column('list_id', sa.Integer(), nullable=False),
        sa.Column('paper_key', sa.String(), nullable=False),
        _time('added_at'),
        sa.ForeignKeyConstraint(['list_id'], ['reading_list.id']),
        sa.PrimaryKeyConstraint('list_id', 'paper_key'),
        sqlite_with_rowid=False
    )
    op.create_index('ix_reading_list_paper_key', 'reading_list_paper', ['paper_key'], unique=False)
