"""The first schema: papers, ids, authors, source records, harvests, labels, search.

The search index is SQLite's FTS5 or PostgreSQL's tsvector. Both fold case and diacritics, cut words
at whatever is no letter or digit, and stem with Porter's algorithm, so that both find the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# External content: the index holds no second copy of the text, triggers keep it in step.
FTS5 = (
    """
    CREATE VIRTUAL TABLE paper_fts USING fts5(
        title, abstract, authors_text,
        content='paper', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TRIGGER paper_fts_insert AFTER INSERT ON paper BEGIN
        INSERT INTO paper_fts(rowid, title, abstract, authors_text)
        VALUES (new.id, new.title, new.abstract, new.authors_text);
    END
    """,
    """
    CREATE TRIGGER paper_fts_delete AFTER DELETE ON paper BEGIN
        INSERT INTO paper_fts(paper_fts, rowid, title, abstract, authors_text)
        VALUES ('delete', old.id, old.title, old.abstract, old.authors_text);
    END
    """,
    """
    CREATE TRIGGER paper_fts_update AFTER UPDATE OF id, title, abstract, authors_text ON paper BEGIN
        INSERT INTO paper_fts(paper_fts, rowid, title, abstract, authors_text)
        VALUES ('delete', old.id, old.title, old.abstract, old.authors_text);
        INSERT INTO paper_fts(rowid, title, abstract, authors_text)
        VALUES (new.id, new.title, new.abstract, new.authors_text);
    END
    """,
)

# `simple` keeps stop words and `porter` is the same stemmer as FTS5's. Marks are taken off as
# unicode61 does; every sign that is no letter or digit becomes a space before PostgreSQL's own
# parser, which would read `cs.CL` as a host name and `-1` as a number, sees the text.
TSVECTOR = (
    "CREATE TEXT SEARCH DICTIONARY landscape_stem (TEMPLATE = snowball, Language = porter)",
    "CREATE TEXT SEARCH CONFIGURATION landscape (COPY = simple)",
    "ALTER TEXT SEARCH CONFIGURATION landscape ALTER MAPPING FOR asciiword, word WITH landscape_stem",
    r"""
    CREATE FUNCTION landscape_words(words text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT to_tsvector('landscape', regexp_replace(
            regexp_replace(normalize(coalesce(words, ''), NFKD), '[\u0300-\u036f]', '', 'g'),
            '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u245f\u2500-\u2bff\u3000-\u3004\u3008-\u3020\uff01-\uff0f\uff1a-\uff20]+',
            ' ', 'g'))
    $$
    """,
    """
    CREATE FUNCTION landscape_search(title text, abstract text, authors text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT setweight(landscape_words(title), 'A') || setweight(landscape_words(authors), 'B')
            || setweight(landscape_words(abstract), 'D')
    $$
    """,
    "CREATE INDEX ix_paper_search ON paper USING gin (landscape_search(title, abstract, authors_text))",
)


def upgrade() -> None:
    op.create_table('classifier_run',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('method', sa.String(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('digest', sa.String(), nullable=False),
        sa.Column('taxonomy_version', sa.String(), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('papers', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_table('harvest_cursor',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('source', sa.String(), nullable=False),
        sa.Column('slice_key', sa.String(), nullable=False),
        sa.Column('position', sa.String(), nullable=True),
        sa.Column('page_digest', sa.String(), nullable=False),
        sa.Column('complete', sa.Boolean(), nullable=False),
        sa.Column('watermark', sa.String(), nullable=True),
        sa.Column('etag', sa.String(), nullable=True),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('source', 'slice_key')
    )
    op.create_table('harvest_lease',
        sa.Column('source', sa.String(), nullable=False),
        sa.Column('holder', sa.String(), nullable=False),
        sa.Column('acquired_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('source')
    )
    op.create_table('harvest_run',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('source', sa.String(), nullable=False),
        sa.Column('slice_key', sa.String(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('pages', sa.Integer(), nullable=False),
        sa.Column('fetched', sa.Integer(), nullable=False),
        sa.Column('new', sa.Integer(), nullable=False),
        sa.Column('updated', sa.Integer(), nullable=False),
        sa.Column('unchanged', sa.Integer(), nullable=False),
        sa.Column('rejected', sa.Integer(), nullable=False),
        sa.Column('linked', sa.Integer(), nullable=False),
        sa.Column('expected', sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_harvest_run_source', 'harvest_run', ['source'], unique=False)
    op.create_table('paper',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('title_key', sa.String(), nullable=False),
        sa.Column('abstract', sa.Text(), nullable=True),
        sa.Column('authors_text', sa.Text(), nullable=False),
        sa.Column('year', sa.Integer(), nullable=True),
        sa.Column('published', sa.Date(), nullable=True),
        sa.Column('venue', sa.String(), nullable=True),
        sa.Column('container_title', sa.Text(), nullable=True),
        sa.Column('url', sa.Text(), nullable=True),
        sa.Column('source', sa.String(), nullable=False),
        sa.Column('licence', sa.String(), nullable=True),
        sa.Column('language', sa.String(), nullable=True),
        sa.Column('retracted', sa.Text(), nullable=True),
        sa.Column('text_revision', sa.Integer(), nullable=False),
        sa.Column('first_seen', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_paper_first_seen', 'paper', ['first_seen'], unique=False)
    op.create_index('ix_paper_key', 'paper', ['key'], unique=True)
    op.create_index('ix_paper_published', 'paper', ['published'], unique=False)
    op.create_index('ix_paper_source', 'paper', ['source'], unique=False)
    op.create_index('ix_paper_title_key', 'paper', ['title_key'], unique=False)
    op.create_index('ix_paper_venue', 'paper', ['venue'], unique=False)
    op.create_index('ix_paper_year', 'paper', ['year'], unique=False)
    op.create_table('rejected_record',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('source', sa.String(), nullable=False),
        sa.Column('source_id', sa.String(), nullable=False),
        sa.Column('digest', sa.String(), nullable=False),
        sa.Column('url', sa.Text(), nullable=False),
        sa.Column('media_type', sa.String(), nullable=False),
        sa.Column('payload', sa.LargeBinary(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('field', sa.String(), nullable=False),
        sa.Column('value', sa.Text(), nullable=False),
        sa.Column('parser_version', sa.Integer(), nullable=False),
        sa.Column('rejected_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('source', 'source_id', 'digest')
    )
    op.create_index('ix_rejected_record_source', 'rejected_record', ['source'], unique=False)
    op.create_table('authorship',
        sa.Column('paper_id', sa.Integer(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('given', sa.String(), nullable=True),
        sa.Column('family', sa.String(), nullable=True),
        sa.Column('orcid', sa.String(), nullable=True),
        sa.ForeignKeyConstraint(['paper_id'], ['paper.id']),
        sa.PrimaryKeyConstraint('paper_id', 'position'),
        sqlite_with_rowid=False
    )
    op.create_table('external_id',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('paper_id', sa.Integer(), nullable=False),
        sa.Column('scheme', sa.String(), nullable=False),
        sa.Column('value', sa.String(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['paper_id'], ['paper.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('scheme', 'value')
    )
    op.create_index('ix_external_id_paper_id', 'external_id', ['paper_id'], unique=False)
    op.create_table('label_assignment',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('paper_id', sa.Integer(), nullable=False),
        sa.Column('run_id', sa.Integer(), nullable=True),
        sa.Column('method', sa.String(), nullable=False),
        sa.Column('authority', sa.Integer(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        sa.Column('verdict', sa.String(), nullable=False),
        sa.Column('relevance', sa.Float(), nullable=False),
        sa.Column('taxonomy_version', sa.String(), nullable=False),
        sa.Column('text_revision', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('evidence', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['paper_id'], ['paper.id']),
        sa.ForeignKeyConstraint(['run_id'], ['classifier_run.id']),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_label_assignment_created_at', 'label_assignment', ['created_at'], unique=False)
    op.create_index('ix_label_assignment_current', 'label_assignment', ['taxonomy_version', 'paper_id', 'authority', 'id', 'created_at'], unique=False)
    op.create_index('ix_label_assignment_paper', 'label_assignment', ['paper_id'], unique=False)
    op.create_index('ix_label_assignment_run', 'label_assignment', ['run_id', 'paper_id'], unique=False)
    op.create_table('source_record',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('paper_id', sa.Integer(), nullable=False),
        sa.Column('source', sa.String(), nullable=False),
        sa.Column('source_id', sa.String(), nullable=False),
        sa.Column('source_version', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(), nullable=False),
        sa.Column('draft', sa.Text(), nullable=False),
        sa.Column('parser_version', sa.Integer(), nullable=False),
        sa.Column('url', sa.Text(), nullable=False),
        sa.Column('retrieved_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('is_current', sa.Boolean(), nullable=False),
        sa.Column('deleted', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['paper_id'], ['paper.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('source', 'source_id', 'source_version', 'digest', 'deleted')
    )
    op.create_index('ix_source_record_paper_id', 'source_record', ['paper_id'], unique=False)
    op.create_table('label_cell',
        sa.Column('assignment_id', sa.Integer(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('cell', sa.String(), nullable=False),
        sa.Column('score', sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(['assignment_id'], ['label_assignment.id']),
        sa.PrimaryKeyConstraint('assignment_id', 'position'),
        sqlite_with_rowid=False
    )
    op.create_index('ix_label_cell_cell', 'label_cell', ['cell', 'position'], unique=False)
    op.create_table('label_retraction',
        sa.Column('assignment_id', sa.Integer(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        sa.Column('retracted_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['assignment_id'], ['label_assignment.id']),
        sa.PrimaryKeyConstraint('assignment_id')
    )
    op.create_table('label_topic',
        sa.Column('assignment_id', sa.Integer(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('topic', sa.String(), nullable=False),
        sa.Column('score', sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(['assignment_id'], ['label_assignment.id']),
        sa.PrimaryKeyConstraint('assignment_id', 'position'),
        sqlite_with_rowid=False
    )
    op.create_index('ix_label_topic_topic', 'label_topic', ['topic'], unique=False)
    for statement in FTS5 if op.get_bind().dialect.name == "sqlite" else TSVECTOR:
        op.execute(statement)
