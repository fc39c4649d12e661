"""Snapshots with known counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from landscape.types import GridCell, LandscapeSnapshot, TopicCount
from taxonomy.models import Taxonomy


@pytest.fixture
def make_snapshot() -> Callable[..., LandscapeSnapshot]:
    """Builds a snapshot from papers by topic id; other topics have none."""

    def build(taxonomy: Taxonomy, papers: dict[str, int], relevant: int = 1_000) -> LandscapeSnapshot:
        cells = []
        for cell in taxonomy.cells:
            topics = tuple(
                TopicCount(topic.id, topic.label, n := papers.get(topic.id, 0), n / relevant, None)
                for topic in taxonomy.topics_by_cell[cell]
            )
            n_papers = sum(topic.n_papers for topic in topics) + papers.get(cell, 0)
            pipeline, _, component = cell.partition("/")
            cells.append(
                GridCell(cell, pipeline, component, n_papers, n_papers, 0, n_papers / relevant, 1.5, topics)
            )
        return LandscapeSnapshot(
            as_of=datetime(2026, 11, 21, tzinfo=UTC),
            taxonomy_version=taxonomy.version,
            title=taxonomy.title,
            classifier=None,
            papers=relevant,
            classified=relevant,
            relevant=relevant,
            unsure=0,
            not_relevant=0,
            by_source=(),
            by_year=(),
            cells=tuple(cells),
        )

    return build
