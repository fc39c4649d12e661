"""What was worked out from papers: snapshots, vectors, the map, groups and words."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.models.columns import time_column


class SnapshotRow(SQLModel, table=True):
    """The landscape as it was counted after a refresh. Never changed, never deleted by the program."""

    __tablename__ = "snapshot"

    id: int | None = Field(default=None, primary_key=True)
    as_of: datetime = Field(sa_column=time_column(index=True))
    taxonomy_version: str
    classifier: str | None = None
    papers: int
    relevant: int
    reason: str = ""  # refresh, or who asked for it
    digest: str  # SHA-256 of the counts, hex: equal landscapes have equal digests
    payload: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # LandscapeSnapshot as JSON, zlib


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
    at: datetime = Field(sa_column=time_column())
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


class PlaceWords(SQLModel, table=True):
    """What the papers of a cell or topic speak of, as the same search found it."""

    __tablename__ = "place_words"

    run_id: int = Field(foreign_key="discovery_run.id", primary_key=True, ondelete="CASCADE")
    place: str = Field(primary_key=True)  # id of a cell or topic
    n_papers: int
    words: list[list[object]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    typical: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # paper row ids
    years: list[dict[str, object]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
