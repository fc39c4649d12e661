"""Two versions of the grid over the whole corpus: what every topic held before, and holds after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workflow.classifying import classify_store

if TYPE_CHECKING:
    from db.engine import Store
    from foundation.settings import Settings
    from landscape.placements import Placement
    from taxonomy.changes import TopicChange
    from taxonomy.models import Taxonomy


@dataclass(frozen=True)
class PlaceBeforeAfter:
    """A cell or topic of the later version.

    Attributes:
        id: Its id.
        label: As shown.
        before: Papers on the earlier version, under the id that it had then; None where it is new.
        after: Papers on the later one.
    """

    id: str
    label: str
    before: int | None
    after: int


@dataclass(frozen=True)
class VersionReport:
    """What a new version of the grid does to the papers.

    Attributes:
        before: The earlier version.
        after: The later one.
        changes: What differs between the grids.
        papers: Papers in the store.
        relevant_before: On the chart of the earlier version.
        relevant_after: On the chart of the later one.
        n_other_cell: Papers whose first cell differs.
        n_other_topics: Papers whose topics differ, old ids followed to their successors.
        cells: Cells of the later version, row by row.
        topics: Topics of the later version in reading order.
        given_up: Papers by topic of the earlier version that has no successor.
    """

    before: str
    after: str
    changes: tuple[TopicChange, ...]
    papers: int
    relevant_before: int
    relevant_after: int
    n_other_cell: int
    n_other_topics: int
    cells: tuple[PlaceBeforeAfter, ...]
    topics: tuple[PlaceBeforeAfter, ...]
    given_up: tuple[tuple[str, int], ...]

    def lines(self, *, everything: bool = False) -> list[str]:
        """The report as a terminal shows it.

        Args:
            everything: Also what stayed as it was.
        """
        lines = [
            f"version {self.before} to {self.after}, {self.papers} papers: "
            f"{self.relevant_before} on the chart before, {self.relevant_after} after",
            f"{self.n_other_cell} papers have another first cell, {self.n_other_topics} other topics",
            *(change.line for change in self.changes),
        ]
        for title, places in (("cell", self.cells), ("topic", self.topics)):
            for each in places:
                if everything or each.before != each.after:
                    was = "new" if each.before is None else f"{each.before}"
                    lines.append(f"{title} {each.label} ({each.id}): {was} → {each.after}")
        return lines + [f"topic {name}: {count} → given up" for name, count in self.given_up]

    def markdown(self) -> str:
        """The report as a page."""
        rows = []
        for each in (*self.cells, *self.topics):
            was = "new" if each.before is None else f"{each.before}"
            rows.append(f"| {each.label.replace('|', '/')} | `{each.id}` | {was} | {each.after} |")
        head = [
            f"# Version {self.before} to {self.after} of the grid",
            "",
            *(f"- {line}" for line in self.lines()[: 2 + len(self.changes)]),
            "",
            "| cell or topic | id | papers before | papers after |",
            "|---|---|---:|---:|",
        ]
        gone = [f"| {name} | | {count} | given up |" for name, count in self.given_up]
        return "\n".join([*head, *rows, *gone, ""])


def compare_versions(
    store: Store,
    settings: Settings,
    before: Taxonomy,
    after: Taxonomy,
    *,
    progress: Callable[[int], None] | None = None,
) -> VersionReport:
    """Place every paper on both versions, where that was not done yet, and compare.

    Args:
        store: The open store.
        settings: Which classifier is in force.
        before: The earlier version.
        after: The later one.
        progress: Called with the number of papers placed since the last call.

    Returns:
        What differs.
    """
    from landscape.placements import load_placements
    from taxonomy.changes import compare

    for taxonomy in (before, after):
        classify_store(store, settings, progress=progress, taxonomy=taxonomy)
    with store.read() as session:
        was, now = (load_placements(session, taxonomy) for taxonomy in (before, after))
    cells_before, cells_after = _counted(was, "cells"), _counted(now, "cells")
    topics_before, topics_after = _counted(was, "topics"), _counted(now, "topics")
    followed: Counter[str] = Counter()
    for each in was.values():  # a paper that bore two topics which are one now counts once
        followed.update({new for topic in each.topics if (new := after.resolve_topic(topic)) is not None})
    known = {after.resolve_topic(topic.id) for topic in before.topics}
    return VersionReport(
        before=before.version,
        after=after.version,
        changes=compare(before, after),
        papers=len(now),
        relevant_before=sum(each.relevant for each in was.values()),
        relevant_after=sum(each.relevant for each in now.values()),
        n_other_cell=sum(was[key].cells[:1] != now[key].cells[:1] for key in was.keys() & now.keys()),
        n_other_topics=sum(
            {after.resolve_topic(topic) for topic in was[key].topics} - {None} != set(now[key].topics)
            for key in was.keys() & now.keys()
        ),
        cells=tuple(
            PlaceBeforeAfter(
                cell,
                after.cell_label(cell),
                cells_before[cell] if cell in before.cells else None,
                cells_after[cell],
            )
            for cell in after.cells
        ),
        topics=tuple(
            PlaceBeforeAfter(
                topic.id,
                topic.label,
                followed[topic.id] if topic.id in known else None,
                topics_after[topic.id],
            )
            for topic in after.topics
        ),
        given_up=tuple(
            (topic.id, topics_before[topic.id])
            for topic in before.topics
            if after.resolve_topic(topic.id) is None
        ),
    )


def _counted(placements: Mapping[int, Placement], kind: str) -> Counter[str]:
    """Papers by first cell, or by topic."""
    counts: Counter[Any] = Counter()
    for each in placements.values():
        counts.update(each.cells[:1] if kind == "cells" else each.topics)
    return counts
