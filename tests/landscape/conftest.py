"""A small store to ask questions of: real SQLite, rows written one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from db.engine import Store, open_store
from db.models import (
    ClassifierRun,
    ExternalId,
    HarvestRun,
    LabelAssignment,
    LabelCell,
    LabelRetraction,
    LabelTopic,
    Paper,
    RejectedRecordRow,
    SourceRecord,
)
from papers.draft import ExternalIdDraft, PaperDraft

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class StoreBuilder:
    """Writes papers and labels with as few words as a test needs."""

    store: Store
    runs: dict[tuple[str, str], int] = field(default_factory=dict)

    def read(self) -> AbstractContextManager[Session]:
        return self.store.read()

    def paper(
        self,
        title: str,
        *,
        published: date | None = date(2026, 3, 1),
        year: int | None = None,
        venue: str | None = "ACL",
        source: str = "arxiv",
        abstract: str | None = "An abstract.",
        url: str | None = "https://example.org/paper",
        first_seen: datetime = NOW,
        ids: Sequence[tuple[str, str]] = (),
    ) -> int:
        """Add a paper; its key is `arxiv:<row id>` unless ids are given."""
        with self.store.write() as session:
            row = Paper(
                key="pending",
                title=title,
                title_key=title.lower(),
                abstract=abstract,
                authors_text="Ada One; Bo Two",
                year=year if year is not None else (published.year if published else None),
                published=published,
                venue=venue,
                url=url,
                source=source,
                first_seen=first_seen,
                updated_at=first_seen,
            )
            session.add(row)
            session.flush()
            assert row.id is not None
            names = list(ids) or [("arxiv", str(row.id))]
            row.key = ":".join(names[0])
            session.add_all(
                ExternalId(paper_id=row.id, scheme=scheme, value=value) for scheme, value in names
            )
            return row.id

    def run(self, method: str = "model", *, digest: str = "d" * 64, at: datetime = NOW) -> int:
        """A run of a model or of the library."""
        with self.store.write() as session:
            row = ClassifierRun(
                method=method,
                name="a model" if method == "model" else "library",
                digest=digest,
                taxonomy_version="1.0",
                started_at=at,
                finished_at=at,
            )
            session.add(row)
            session.flush()
            assert row.id is not None
            return row.id

    def label(
        self,
        paper_id: int,
        *cells: str,
        topics: Sequence[str] = (),
        verdict: str | None = None,
        method: str = "model",
        score: float = 0.8,
        at: datetime = NOW,
        note: str = "",
        evidence: Sequence[dict[str, object]] = (),
        run_id: int | None = None,
        version: str = "1.0",
    ) -> int:
        """Label a paper; the first cell is its primary one."""
        if run_id is None and method != "person":
            run_id = self.run(method, at=at)
        with self.store.write() as session:
            row = LabelAssignment(
                paper_id=paper_id,
                run_id=run_id,
                method=method,
                authority=1 if method == "model" else 2,
                by={"model": "a model", "library": "library"}.get(method, "ada"),
                verdict=verdict or ("labelled" if topics else "cell-no-topic" if cells else "not-relevant"),
                relevance=0.9 if cells else 0.1,
                taxonomy_version=version,
                created_at=at,
                note=note,
                evidence=[dict(entry) for entry in evidence],
            )
            session.add(row)
            session.flush()
            assert row.id is not None
            for position, cell in enumerate(cells):
                session.add(LabelCell(assignment_id=row.id, position=position, cell=cell, score=score))
            for position, topic in enumerate(topics):
                session.add(LabelTopic(assignment_id=row.id, position=position, topic=topic, score=score))
            return row.id

    def retract(self, assignment_id: int, *, at: datetime = NOW) -> None:
        """Take a label back."""
        with self.store.write() as session:
            session.add(LabelRetraction(assignment_id=assignment_id, by="bo", retracted_at=at))

    def record(
        self,
        paper_id: int,
        source: str,
        source_id: str,
        *,
        version: int = 0,
        url: str = "https://example.org/",
    ) -> None:
        """A source record of a paper."""
        draft = PaperDraft(
            source=source,
            source_id=source_id,
            title=f"{source} says",
            external_ids=(ExternalIdDraft(scheme="url", value="https://example.org/"),),
        )
        with self.store.write() as session:
            session.add(
                SourceRecord(
                    paper_id=paper_id,
                    source=source,
                    source_id=source_id,
                    source_version=version,
                    digest=f"{source}{source_id}{version}",
                    draft=draft.model_dump_json(),
                    parser_version=1,
                    url=url,
                    retrieved_at=NOW,
                )
            )

    def harvest(
        self,
        source: str,
        state: str,
        *,
        slice_key: str = "all",
        reason: str = "",
        at: datetime = NOW,
    ) -> None:
        """A finished harvest run."""
        with self.store.write() as session:
            session.add(
                HarvestRun(
                    source=source,
                    slice_key=slice_key,
                    state=state,
                    reason=reason,
                    started_at=at,
                    finished_at=at,
                )
            )

    def reject(self, source_id: str, *, resolved: bool = False) -> None:
        """A record that could not be read."""
        with self.store.write() as session:
            session.add(
                RejectedRecordRow(
                    source="arxiv",
                    source_id=source_id,
                    digest=source_id,
                    url="https://example.org/",
                    media_type="application/xml",
                    payload=b"<entry/>",
                    reason="no title",
                    parser_version=1,
                    rejected_at=NOW,
                    resolved_at=NOW if resolved else None,
                )
            )


@pytest.fixture
def builder(tmp_path: Path) -> Iterator[StoreBuilder]:
    """An empty store and the means to fill it."""
    store = open_store(f"sqlite:///{tmp_path / 'landscape.db'}")
    yield StoreBuilder(store)
    store.dispose()


@pytest.fixture
def now() -> datetime:
    """The moment at which the builder writes, unless told otherwise."""
    return NOW
