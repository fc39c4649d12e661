"""The tables. What a paper's current label is, is a query (`db.labels`), never a column.

Times are aware UTC (`UtcDateTime`). `table=True` models do not validate: only frozen drafts
that pydantic has checked are ever written (see `db.papers`).
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Column, DateTime, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from foundation.clock import as_utc


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on every database; SQLite alone forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return as_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC time."""
        return None if value is None else as_utc(value)


def _time(*, nullable: bool = False, index: bool = False) -> Column[datetime]:
    return Column(UtcDateTime, nullable=nullable, index=index)


class Paper(SQLModel, table=True):
    """One work. Derived from its current source records by `papers.merging`."""

    __tablename__ = "paper"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, index=True)  # scheme:value of its best id
    title: str = Field(sa_column=Column(Text, nullable=False))
    title_key: str = Field(index=True)  # papers.text.title_key
    abstract: str | None = Field(default=None, sa_column=Column(Text))
    authors_text: str = Field(default="", sa_column=Column(Text, nullable=False))  # "A. One; B. Two"
    year: int | None = Field(default=None, index=True)
    published: date | None = Field(default=None, index=True)
    venue: str | None = Field(default=None, index=True)
    container_title: str | None = Field(default=None, sa_column=Column(Text))
    url: str | None = Field(default=None, sa_column=Column(Text))
    source: str = Field(index=True)  # source of the record that gives the title
    licence: str | None = None
    language: str | None = None
    retracted: str | None = Field(default=None, sa_column=Column(Text))
    text_revision: int = 1  # raised whenever title or abstract changes: labels of older text are stale
    first_seen: datetime = Field(sa_column=_time(index=True))
    updated_at: datetime = Field(sa_column=_time())


class ExternalId(SQLModel, table=True):
    """A name that the world has for a paper. One paper a name."""

    __tablename__ = "external_id"
    __table_args__ = (UniqueConstraint("scheme", "value"),)

    id: int | None = Field(default=None, primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", index=True)
    scheme: str
    value: str
    version: int | None = None  # highest version seen


class Authorship(SQLModel, table=True):
    """An author of a paper, in order of print."""

    __tablename__ = "authorship"
    __table_args__ = ({"sqlite_with_rowid": False},)

    paper_id: int = Field(foreign_key="paper.id", primary_key=True)
    position: int = Field(primary_key=True)
    name: str
    given: str | None = None
    family: str | None = None
    orcid: str | None = None


class SourceRecord(SQLModel, table=True):
    """One record as one source told it, with the digest of its bytes. Append-only.

    Every version and every changed text is a row of its own; `is_current` marks, for each
    source, source id and version, the row whose bytes arrived last. A record that its source
    deletes gets one more row, a tombstone (`deleted`), and no other row of it is current.
    """

    __tablename__ = "source_record"
    __table_args__ = (UniqueConstraint("source", "source_id", "source_version", "digest", "deleted"),)

    id: int | None = Field(default=None, primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", index=True)
    source: str
    source_id: str
    source_version: int = 0  # 0 where the source has no versions
    digest: str
    draft: str = Field(sa_column=Column(Text, nullable=False))  # PaperDraft as JSON
    parser_version: int
    url: str = Field(sa_column=Column(Text, nullable=False))
    retrieved_at: datetime = Field(sa_column=_time())
    is_current: bool = True
    deleted: bool = False  # the source says that the record is gone


class MatchKey(SQLModel, table=True):
    """A key under which a record is looked up when another might tell of the same work (`db.units`).

    Derived from the record's draft by `papers.matching.candidates`, hashed to 63 bits. Every record that
    was compared has at least one row.
    """

    __tablename__ = "match_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    record_id: int = Field(foreign_key="source_record.id", primary_key=True, index=True)


class PaperLink(SQLModel, table=True):
    """Someone's word that two records, known by an id of each, are one work or are not. Append-only.

    What a person said last of a pair holds. Rows of the rule tell what it did and why; what it would do
    now follows from the records (`papers.grouping`). A row that made two papers one keeps what it takes to
    make them two again.
    """

    __tablename__ = "paper_link"

    id: int | None = Field(default=None, primary_key=True)
    a_key: str  # an id of the paper that stayed, scheme:value
    b_key: str = Field(index=True)  # an id of the paper that became part of it
    decision: str  # same | different
    method: str = Field(index=True)  # rule | person
    by: str  # version of the rule, or who
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    score: float = 0.0
    at: datetime = Field(sa_column=_time())
    paper_id: int | None = None  # row id of the paper that became part of the other
    first_seen: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    labels: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # moved along


class RejectedRecordRow(SQLModel, table=True):
    """A record that could not be read, kept with its bytes."""

    __tablename__ = "rejected_record"
    __table_args__ = (UniqueConstraint("source", "source_id", "digest"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(index=True)
    source_id: str
    digest: str
    url: str = Field(sa_column=Column(Text, nullable=False))
    media_type: str
    payload: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    field: str = ""
    value: str = Field(default="", sa_column=Column(Text, nullable=False))
    parser_version: int
    rejected_at: datetime = Field(sa_column=_time())
    resolved_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))


class HarvestRun(SQLModel, table=True):
    """One run over one slice of one source (or one imported file)."""

    __tablename__ = "harvest_run"

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(index=True)
    slice_key: str
    state: str = "running"  # running | complete | partial | suspect | failed
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    started_at: datetime = Field(sa_column=_time())
    finished_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    pages: int = 0
    fetched: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    linked: int = 0
    expected: int | None = None  # what the source said it holds, where it said so


class HarvestCursor(SQLModel, table=True):
    """How far a slice has come; moved in the same transaction as the rows."""

    __tablename__ = "harvest_cursor"
    __table_args__ = (UniqueConstraint("source", "slice_key"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str
    slice_key: str
    position: str | None = None  # where the next page starts; None before the first and after the last
    page_digest: str = ""  # of the last page stored: the same body twice is a fault of the source
    complete: bool = False  # the end was proven
    watermark: str | None = None  # what a later run starts from, in the source's own terms
    etag: str | None = None
    updated_at: datetime = Field(sa_column=_time())


class HarvestLease(SQLModel, table=True):
    """Who may harvest a source now. A crashed holder's lease expires by itself."""

    __tablename__ = "harvest_lease"

    source: str = Field(primary_key=True)
    holder: str  # host, process id and a random part
    acquired_at: datetime = Field(sa_column=_time())
    expires_at: datetime = Field(sa_column=_time())


class ClassifierRun(SQLModel, table=True):
    """One run of a model (or of the library) that wrote labels."""

    __tablename__ = "classifier_run"

    id: int | None = Field(default=None, primary_key=True)
    method: str  # model | library
    name: str
    digest: str  # of weights and configuration, or of the library file
    taxonomy_version: str
    started_at: datetime = Field(sa_column=_time())
    finished_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    papers: int = 0


class LabelAssignment(SQLModel, table=True):
    """What someone or something said of a paper. Append-only.

    `authority` orders labels: 2 a person or the curated library, 1 a model. The current label
    is the highest authority, then the newest row; a model's counts on the current taxonomy alone.
    """

    __tablename__ = "label_assignment"
    __table_args__ = (
        # Covers the search for the current label (db.labels.current_labels) without the table.
        Index("ix_label_assignment_current", "paper_id", "authority", "id", "taxonomy_version", "created_at"),
        # Not unique: when two works turn out to be one, both keep what the same run said of them.
        Index("ix_label_assignment_run", "run_id", "paper_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    paper_id: int = Field(foreign_key="paper.id")
    run_id: int | None = Field(default=None, foreign_key="classifier_run.id")
    method: str  # model | library | person
    authority: int
    by: str  # model name, library, or who
    verdict: str  # not-relevant | labelled | cell-no-topic | unsure
    relevance: float
    taxonomy_version: str
    text_revision: int = 1  # of the paper's text that was judged
    created_at: datetime = Field(sa_column=_time(index=True))
    note: str = Field(default="", sa_column=Column(Text, nullable=False))
    evidence: list[dict[str, object]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class LabelCell(SQLModel, table=True):
    """A cell of an assignment; position 0 is the primary cell."""

    __tablename__ = "label_cell"
    __table_args__ = (Index("ix_label_cell_cell", "cell", "position"), {"sqlite_with_rowid": False})

    assignment_id: int = Field(foreign_key="label_assignment.id", primary_key=True)
    position: int = Field(primary_key=True)
    cell: str
    score: float


class LabelTopic(SQLModel, table=True):
    """A topic of an assignment, best first."""

    __tablename__ = "label_topic"
    __table_args__ = (Index("ix_label_topic_topic", "topic"), {"sqlite_with_rowid": False})

    assignment_id: int = Field(foreign_key="label_assignment.id", primary_key=True)
    position: int = Field(primary_key=True)
    topic: str
    score: float


class LabelRetraction(SQLModel, table=True):
    """A label taken back. The label itself stays: history is never rewritten."""

    __tablename__ = "label_retraction"

    assignment_id: int = Field(foreign_key="label_assignment.id", primary_key=True)
    by: str
    retracted_at: datetime = Field(sa_column=_time())


class CitationCountRow(SQLModel, table=True):
    """How often a service says that a paper is cited.

    Kept by the id that was asked for: papers are joined and parted, ids go with their records.
    """

    __tablename__ = "citation_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    scheme: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    service: str = Field(primary_key=True)
    count: int | None = None  # None: the service does not know the paper
    retrieved_at: datetime = Field(sa_column=_time())


class SnapshotRow(SQLModel, table=True):
    """The landscape as it was counted after a refresh. Never changed, never deleted by the program."""

    __tablename__ = "snapshot"

    id: int | None = Field(default=None, primary_key=True)
    as_of: datetime = Field(sa_column=_time(index=True))
    taxonomy_version: str
    classifier: str | None = None
    papers: int
    relevant: int
    reason: str = ""  # refresh, or who asked for it
    digest: str  # SHA-256 of the counts, hex: equal landscapes have equal digests
    payload: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # LandscapeSnapshot as JSON, zlib


class ScheduleState(SQLModel, table=True):
    """When a source was last asked by the schedule, and when it is to be asked again."""

    __tablename__ = "schedule_state"

    source: str = Field(primary_key=True)
    next_due: datetime = Field(sa_column=_time())
    last_started: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    last_finished: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    state: str = "never"  # never | running | complete | partial | suspect | failed
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    failures: int = 0  # in a row
    missed: int = 0  # runs that never started, since the last that did


class HarvestRequestRow(SQLModel, table=True):
    """Someone asked for a harvest now; a scheduler or a one-shot worker takes it."""

    __tablename__ = "harvest_request"

    id: int | None = Field(default=None, primary_key=True)
    requested_at: datetime = Field(sa_column=_time())
    requested_by: str
    sources: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # empty: all
    taken_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    taken_by: str = ""
    finished_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    state: str = "waiting"  # waiting | running | cancelled | complete | partial | suspect | failed
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))


class SavedSearch(SQLModel, table=True):
    """A filter that someone keeps, so that what is new to it is shown once."""

    __tablename__ = "saved_search"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    criteria: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_column=_time())


class SeenPaper(SQLModel, table=True):
    """A paper that a saved search has found, known by an id of it, since papers are joined and parted.

    `found_at` is None for what matched already when the search was saved: that is not news.
    """

    __tablename__ = "seen_paper"
    __table_args__ = (
        Index("ix_seen_paper_found", "search_id", "found_at"),
        {"sqlite_with_rowid": False},
    )

    search_id: int = Field(foreign_key="saved_search.id", primary_key=True)
    paper_key: str = Field(primary_key=True)  # scheme:value, one row for every id of the paper
    is_main: bool = False  # the row that stands for the paper in digest and feed
    found_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    shown_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))  # "new to you" no more


class PaperTag(SQLModel, table=True):
    """A word that someone keeps with a paper, known by an id of it, since papers are joined and parted."""

    __tablename__ = "paper_tag"
    __table_args__ = (Index("ix_paper_tag_tag", "tag"), {"sqlite_with_rowid": False})

    paper_key: str = Field(primary_key=True)  # scheme:value
    tag: str = Field(primary_key=True)
    by: str
    at: datetime = Field(sa_column=_time())


class PaperNote(SQLModel, table=True):
    """What someone wrote beside a paper."""

    __tablename__ = "paper_note"

    id: int | None = Field(default=None, primary_key=True)
    paper_key: str = Field(index=True)  # scheme:value
    text: str = Field(sa_column=Column(Text, nullable=False))
    by: str
    at: datetime = Field(sa_column=_time())


class ReadingList(SQLModel, table=True):
    """A named list of papers to read."""

    __tablename__ = "reading_list"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    by: str
    created_at: datetime = Field(sa_column=_time())


class ReadingListPaper(SQLModel, table=True):
    """A paper on a reading list."""

    __tablename__ = "reading_list_paper"
    __table_args__ = (Index("ix_reading_list_paper_key", "paper_key"), {"sqlite_with_rowid": False})

    list_id: int = Field(foreign_key="reading_list.id", primary_key=True)
    paper_key: str = Field(primary_key=True)  # scheme:value
    added_at: datetime = Field(sa_column=_time())


class PaperVector(SQLModel, table=True):
    """A paper's sentence vector by one model; stale where the paper's text has changed since."""

    __tablename__ = "paper_vector"

    paper_id: int = Field(foreign_key="paper.id", primary_key=True, ondelete="CASCADE")
    model: str = Field(primary_key=True)
    text_revision: int
    vector: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # float16, little-endian


class MapPoint(SQLModel, table=True):
    """Where a paper stands on the map: two coordinates that mean nothing but nearness."""

    __tablename__ = "map_point"

    paper_id: int = Field(foreign_key="paper.id", primary_key=True, ondelete="CASCADE")
    x: float
    y: float
    fitted: bool  # the map was laid out with it; else it stands among its nearest papers


class DiscoveryRun(SQLModel, table=True):
    """One search for groups of like papers in every cell."""

    __tablename__ = "discovery_run"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=_time())
    taxonomy_version: str
    model: str  # of the sentence vectors
    papers: int  # relevant papers that were grouped


class SubTopic(SQLModel, table=True):
    """A group of like papers inside a cell, with its words; proposed where no topic holds it."""

    __tablename__ = "sub_topic"
    __table_args__ = (UniqueConstraint("run_id", "slug"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="discovery_run.id", index=True, ondelete="CASCADE")
    cell: str
    slug: str  # cell/name-with-hyphens
    name: str
    phrases: list[list[object]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    n_papers: int
    coherence: float  # mean NPMI of its words
    tightness: float  # mean cosine of its papers to their centre
    growth: float | None = None
    nearest_topic: str | None = None
    nearness: float  # cosine to that topic
    held: float  # share of its papers that the topic explains
    score: float
    proposed: bool = Field(index=True)
    accepted_as: str | None = None  # id of the topic that it became


class SubTopicPaper(SQLModel, table=True):
    """A paper of a group; position 0 is the most typical one."""

    __tablename__ = "sub_topic_paper"
    __table_args__ = (Index("ix_sub_topic_paper_paper", "paper_id"),)

    sub_topic_id: int = Field(foreign_key="sub_topic.id", primary_key=True, ondelete="CASCADE")
    paper_id: int = Field(foreign_key="paper.id", primary_key=True, ondelete="CASCADE")
    position: int
