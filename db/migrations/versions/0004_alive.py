"""Snapshots, the schedule's state, requests for a harvest, saved searches and what they have found."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table('snapshot',
        sa.Column('id', sa.Integer(), nullable=False),
        _time('as_of'),
        sa.Column('taxonomy_version', sa.String(), nullable=False),
        sa.Column('classifier', sa.String(), nullable=True),
        sa.Column('papers', sa.Integer(), nullable=False),
        sa.Column('relevant', sa.Integer(), nullable=False),
        sa.Column('reason', sa.String(), nullable=False),
        sa.Column('digest', sa.String(), nullable=False),
        sa.Column('payload', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_snapshot_as_of', 'snapshot', ['as_of'], unique=False)
    op.create_table('schedule_state',
        sa.Column('source', sa.String(), nullable=False),
        _time('next_due'),
        _time('last_started', nullable=True),
        _time('last_finished', nullable=True),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('missed', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('source')
    )
    op.create_table('harvest_request',
        sa.Column('id', sa.Integer(), nullable=False),
        _time('requested_at'),
        sa.Column('requested_by', sa.String(), nullable=False),
        sa.Column('sources', sa.JSON(), nullable=False),
        _time('taken_at', nullable=True),
        sa.Column('taken_by', sa.String(), nullable=False),
        _time('finished_at', nullable=True),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_table('saved_search',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('criteria', sa.JSON(), nullable=False),
        _time('created_at'),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('name')
    )
    op.create_table('seen_paper',
        sa.Column('search_id', sa.Integer(), nullable=False),
        sa.Column('paper_key', sa.String(), nullable=False),
        sa.Column('is_main', sa.Boolean(), nullable=False),
        _time('found_at', nullable=True),
        _time('shown_at', nullable=True),
        sa.ForeignKeyConstraint(['search_id'], ['saved_search.id']),
        sa.PrimaryKeyConstraint('search_id', 'paper_key'),
        sqlite_with_rowid=False
    )
    op.create_index('ix_seen_paper_found', 'seen_paper', ['search_id', 'found_at'], unique=False)
