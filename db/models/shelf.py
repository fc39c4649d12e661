"""What readers keep: searches, tags, notes, reading lists."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, Index, Text
from sqlmodel import Field, SQLModel

from db.models.columns import time_column


class SavedSearch(SQLModel, table=True):
    """A filter that someone keeps, so that what is new to it is shown once."""

    __tablename__ = "saved_search"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    criteria: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_column=time_column())


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
    found_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    shown_at: datetime | None = Field(
        default=None, sa_column=time_column(nullable=True)
    )  # "new to you" no more


class PaperTag(SQLModel, table=True):
    """A word that someone keeps with a paper, known by an id of it, since papers are joined and parted."""

    __tablename__ = "paper_tag"
    __table_args__ = (Index("ix_paper_tag_tag", "tag"), {"sqlite_with_rowid": False})

    paper_key: str = Field(primary_key=True)  # scheme:value
    tag: str = Field(primary_key=True)
    by: str
    at: datetime = Field(sa_column=time_column())


class PaperNote(SQLModel, table=True):
    """What someone wrote beside a paper."""

    __tablename__ = "paper_note"

    id: int | None = Field(default=None, primary_key=True)
    paper_key: str = Field(index=True)  # scheme:value
    text: str = Field(sa_column=Column(Text, nullable=False))
    by: str
    at: datetime = Field(sa_column=time_column())


class ReadingList(SQLModel, table=True):
    """A named list of papers to read."""

    __tablename__ = "reading_list"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    by: str
    created_at: datetime = Field(sa_column=time_column())


class ReadingListPaper(SQLModel, table=True):
    """A paper on a reading list."""

    __tablename__ = "reading_list_paper"
    __table_args__ = (Index("ix_reading_list_paper_key", "paper_key"), {"sqlite_with_rowid": False})

    list_id: int = Field(foreign_key="reading_list.id", primary_key=True)
    paper_key: str = Field(primary_key=True)  # scheme:value
    added_at: datetime = Field(sa_column=time_column())
