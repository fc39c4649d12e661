"""Runs, cursors and leases of the harvest, its schedule, and what could not be read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.models.columns import time_column


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
    rejected_at: datetime = Field(sa_column=time_column())
    resolved_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


class HarvestRun(SQLModel, table=True):
    """One run over one slice of one source (or one imported file)."""

    __tablename__ = "harvest_run"

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(index=True)
    slice_key: str
    state: str = "running"  # running | complete | partial | suspect | failed
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    started_at: datetime = Field(sa_column=time_column())
    finished_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
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
    updated_at: datetime = Field(sa_column=time_column())


class HarvestLease(SQLModel, table=True):
    """Who may harvest a source now. A crashed holder's lease expires by itself."""

    __tablename__ = "harvest_lease"

    source: str = Field(primary_key=True)
    holder: str  # host, process id and a random part
    acquired_at: datetime = Field(sa_column=time_column())
    expires_at: datetime = Field(sa_column=time_column())


class ScheduleState(SQLModel, table=True):
    """When a source was last asked by the schedule, and when it is to be asked again."""

    __tablename__ = "schedule_state"

    source: str = Field(primary_key=True)
    next_due: datetime = Field(sa_column=time_column())
    last_started: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    last_finished: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    state: str = "never"  # never | running | complete | partial | suspect | failed
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    failures: int = 0  # in a row
    missed: int = 0  # runs that never started, since the last that did


class HarvestRequestRow(SQLModel, table=True):
    """Someone asked for a harvest now; a scheduler or a one-shot worker takes it."""

    __tablename__ = "harvest_request"

    id: int | None = Field(default=None, primary_key=True)
    requested_at: datetime = Field(sa_column=time_column())
    requested_by: str
    sources: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # empty: all
    taken_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    taken_by: str = ""
    finished_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    state: str = "waiting"  # waiting | running | cancelled | complete | partial | suspect | failed
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
