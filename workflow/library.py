"""Brings the starter library into the store: papers as drafts, placements as labels.

Curated placements are labels of method `library`. They rank as a person's and never count as
accuracy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from foundation.errors import StoreError
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import external_id_url
from papers.merging import LIBRARY_SOURCE
from papers.record import ParsedPage, ParsedRecord, WireRecord
from taxonomy.library import LibraryPaper, load_library
from taxonomy.loader import founding_taxonomy

if TYPE_CHECKING:
    from db.engine import Store

LIBRARY_BY = "starter library"
PARSER_VERSION = 1


def library_digest(papers: Sequence[LibraryPaper]) -> str:
    """SHA-256 over the library's content, hex: a changed library is loaded again."""
    canonical = json.dumps(
        [paper.model_dump(mode="json") for paper in papers], ensure_ascii=False, sort_keys=True
    )
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def library_draft(paper: LibraryPaper) -> PaperDraft:
    """A library paper as a draft. The summary is the project's own text and is no abstract."""
    ids = tuple(
        ExternalIdDraft(scheme=scheme, value=value.lower() if scheme == "doi" else value)
        for scheme, value in paper.ids.model_dump(exclude_none=True).items()
    )
    first = next(identifier for identifier in ids if identifier.key.lower() == paper.key.lower())
    return PaperDraft(
        source=LIBRARY_SOURCE,
        source_id=paper.key,
        title=paper.title,
        authors=tuple(AuthorDraft(name=name) for name in paper.authors),
        external_ids=ids,
        venue=paper.venue,
        year=paper.year,
        url=external_id_url(first.scheme, first.value),
    )


def load_library_into(store: Store, at: datetime, progress: Callable[[int], None] | None = None) -> int:
    """Store the library and its placements. Does nothing when this very library was loaded before.

    Args:
        store: The open store.
        at: The present moment, aware, UTC.
        progress: Called with the number of papers done.

    Returns:
        Number of papers of the library.
    """
    from db.labels import (
        NewLabel,
        add_labels,
        begin_classifier_run,
        finish_classifier_run,
        has_classifier_run,
    )
    from db.links import store_and_link
    from db.papers import find_paper

    papers = load_library()
    digest = library_digest(papers)
    taxonomy = founding_taxonomy()
    with store.read() as session:
        if has_classifier_run(session, method="library", digest=digest, taxonomy_version=taxonomy.version):
            return len(papers)
    records = []
    for paper in papers:
        payload = json.dumps(paper.model_dump(mode="json"), ensure_ascii=False, sort_keys=True).encode(
            "utf-8"
        )
        wire = WireRecord(LIBRARY_SOURCE, paper.key, "taxonomy/library", at, "application/json", payload)
        records.append(ParsedRecord(library_draft(paper), wire))
    with store.write() as session:
        store_and_link(session, ParsedPage(tuple(records), parser_version=PARSER_VERSION), at=at)
        found = {record.draft.source_id: find_paper(session, record.draft.source_id) for record in records}
        run = begin_classifier_run(
            session,
            method="library",
            name=LIBRARY_BY,
            digest=digest,
            taxonomy_version=taxonomy.version,
            at=at,
        )
        labels = []
        for paper in papers:
            row = found[paper.key]
            if row is None or row.id is None:
                raise StoreError("a paper of the library was not stored", paper=paper.key)
            labels.append(
                NewLabel(
                    paper_id=row.id,
                    verdict="labelled" if paper.topics else "cell-no-topic",
                    relevance=1.0,
                    cells=tuple((cell, 1.0) for cell in (paper.cell, *paper.other_cells)),
                    topics=tuple((topic, 1.0) for topic in paper.topics),
                    evidence=(),
                    method="library",
                    by=LIBRARY_BY,
                    note=paper.summary,
                )
            )
        add_labels(session, run, labels, taxonomy_version=taxonomy.version, at=at)
        finish_classifier_run(session, run, at=at, papers=len(labels))
    if progress is not None:
        progress(len(papers))
    return len(papers)
