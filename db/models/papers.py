"""Papers, their ids, authors and records, and how records were joined into papers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.models.columns import time_column


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
    first_seen: datetime = Field(sa_column=time_column(index=True))
    updated_at: datetime = Field(sa_column=time_column())


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
    retrieved_at: datetime = Field(sa_column=time_column())
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
    at: datetime = Field(sa_column=time_column())
    paper_id: int | None = None  # row id of the paper that became part of the other
    first_seen: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    labels: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # moved along


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
    retrieved_at: datetime = Field(sa_column=time_column())
