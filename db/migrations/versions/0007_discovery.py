"""Sentence vectors, the map, and groups of like papers inside the cells."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('paper_vector',
        sa.Column('paper_id', sa.Integer(), nullable=False),
        sa.Column('model', sa.String(), nullable=False),
        sa.Column('text_revision', sa.Integer(), nullable=False),
        sa.Column('vector', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['paper_id'], ['paper.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('paper_id', 'model')
    )
    op.create_table('map_point',
        sa.Column('paper_id', sa.Integer(), nullable=False),
        sa.Column('x', sa.Float(), nullable=False),
        sa.Column('y', sa.Float(), nullable=False),
        sa.Column('fitted', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['paper_id'], ['paper.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('paper_id')
    )
    op.create_table('discovery_run',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('taxonomy_version', sa.String(), nullable=False),
        sa.Column('model', sa.String(), nullable=False),
        sa.Column('papers', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_table('sub_topic',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('run_id', sa.Integer(), nullable=False),
        sa.Column('cell', sa.String(), nullable=False),
        sa.Column('slug', sa.String(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('phrases', sa.JSON(), nullable=False),
        sa.Column('n_papers', sa.Integer(), nullable=False),
        sa.Column('coherence', sa.Float(), nullable=False),
        sa.Column('tightness', sa.Float(), nullable=False),
        sa.Column('growth', sa.Float(), nullable=True),
        sa.Column('nearest_topic', sa.String(), nullable=True),
        sa.Column('nearness', sa.Float(), nullable=False),
        sa.Column('held', sa.Float(), nullable=False),
        sa.Column('score', sa.Float(), nullable=False),
        sa.Column('proposed', sa.Boolean(), nullable=False),
        sa.Column('accepted_as', sa.String(), nullable=True),
        sa.ForeignKeyConstraint(['run_id'], ['discovery_run.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('run_id', 'slug')
    )
    op.create_index('ix_sub_topic_proposed', 'sub_topic', ['proposed'], unique=False)
    op.create_index('ix_sub_topic_run_id', 'sub_topic', ['run_id'], unique=False)
    op.create_table('sub_topic_paper',
        sa.Column('sub_topic_id', sa.Integer(), nullable=False),
        sa.Column('paper_id', sa.Integer(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['paper_id'], ['paper.id'], ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['sub_topic_id'], ['sub_topic.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('sub_topic_id', 'paper_id')
    )
    op.create_index('ix_sub_topic_paper_paper', 'sub_topic_paper', ['paper_id'], unique=False)
