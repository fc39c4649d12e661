"""Who said where a paper belongs, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, Index, Text
from sqlmodel import Field, SQLModel

from db.models.columns import time_column


class ClassifierRun(SQLModel, table=True):
    """One run of a model (or of the library) that wrote labels."""

    __tablename__ = "classifier_run"

    id: int | None = Field(default=None, primary_key=True)
    method: str  # model | library
    name: str
    digest: str  # of weights and configuration, or of the library file
    taxonomy_version: str
    started_at: datetime = Field(sa_column=time_column())
    finished_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
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
    created_at: datetime = Field(sa_column=time_column(index=True))
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
    retracted_at: datetime = Field(sa_column=time_column())
