"""What slides, pictures, pages and feeds say of cells and topics, in the same words and numbers."""

from __future__ import annotations

from dataclasses import dataclass

from charts.shading import short_count as short_count  # noqa: PLC0414 -- one rule for page and slide
from foundation.clock import as_utc
from foundation.errors import RefusedInputError
from landscape.layout import SlideLayout
from landscape.types import GridCell, LandscapeFilter, LandscapeSnapshot, TopicCount

GROWS, SHRINKS = 1.5, 0.75  # as the chart's own scale of growth has its bounds
GROWTH_LEGEND = "▲ grew by half or more, ▼ shrank by a quarter or more: last 12 months over the 12 before"


@dataclass(frozen=True)
class GridLabels:
    """Labels by id, and the snapshot they are filled from."""

    snapshot: LandscapeSnapshot
    rows: dict[str, str]
    columns: dict[str, str]

    def cell_label(self, cell: GridCell) -> str:
        """`Training Pipeline × Data`."""
        return f"{self.rows[cell.pipeline]} × {self.columns[cell.component]}"


def checked_grid(snapshot: LandscapeSnapshot, layout: SlideLayout) -> GridLabels:
    """Labels of a grid, once snapshot and layout are known to be of the same one.

    Args:
        snapshot: What is counted.
        layout: Where everything stands.

    Returns:
        The labels.

    Raises:
        RefusedInputError: They are of different grids.
    """
    counted = {topic.id for cell in snapshot.cells for topic in cell.topics}
    placed = {chip.id for chip in layout.chips}
    cells = {cell.id for cell in snapshot.cells}
    if counted != placed or cells != {cell.id for cell in layout.cells}:
        odd = sorted((counted ^ placed) or (cells ^ {cell.id for cell in layout.cells}))
        raise RefusedInputError(
            "landscape and slide layout are of different grids",
            hint="Lay the slide out from the taxonomy version of the landscape.",
            taxonomy_version=snapshot.taxonomy_version,
            differ_in=", ".join(odd[:3]),
        )
    return GridLabels(
        snapshot,
        {row.id: row.label.text for row in layout.rows},
        {column.id: column.head.text for column in layout.columns},
    )


def papers_words(n_papers: int) -> str:
    """`1 paper`, `4,589 papers`."""
    return "1 paper" if n_papers == 1 else f"{n_papers:,} papers"


def share_words(snapshot: LandscapeSnapshot, share: float) -> str:
    """`3.2% of 4,589 on the chart`."""
    return f"{share:.1%} of {snapshot.relevant:,} on the chart"


def growth_words(growth: float | None) -> str:
    """`2.1 times the year before`; empty where it is not known."""
    return "" if growth is None else f"{growth:.2g} times the year before"


def growth_mark(growth: float | None) -> str:
    """A triangle for what clearly grows or shrinks; empty for the rest and for what is not known."""
    if growth is None:
        return ""
    return "▲" if growth >= GROWS else "▼" if growth < SHRINKS else ""


def topic_words(snapshot: LandscapeSnapshot, topic: TopicCount) -> str:
    """Papers, share and growth of a topic."""
    parts = (papers_words(topic.n_papers), share_words(snapshot, topic.share), growth_words(topic.growth))
    return ", ".join(part for part in parts if part)


def cell_words(grid: GridLabels, cell: GridCell) -> str:
    """Label, papers and share of a cell."""
    text = f"{grid.cell_label(cell)}: {papers_words(cell.n_papers)}, {share_words(grid.snapshot, cell.share)}"
    return f"{text}; {cell.n_without_topic:,} without a topic" if cell.n_without_topic else text


def filter_words(chosen: LandscapeFilter) -> str:
    """What a landscape is narrowed to; empty where every paper counts."""
    parts = []
    if chosen.venues:
        parts.append("venues " + ", ".join(chosen.venues))
    if chosen.sources:
        parts.append("sources " + ", ".join(chosen.sources))
    if chosen.year_from is not None:
        parts.append(f"published from {chosen.year_from}")
    if chosen.year_until is not None:
        parts.append(f"published until {chosen.year_until}")
    if chosen.minimum_score > 0:
        parts.append(f"score of {chosen.minimum_score:g} or more")
    if chosen.words:
        parts.append(f"words “{chosen.words}”")
    return "; ".join(parts)


def facts(snapshot: LandscapeSnapshot) -> tuple[str, ...]:
    """What is counted, from where and judged by what: the paragraphs under every deck and table.

    Args:
        snapshot: What is counted.

    Returns:
        One sentence or two each, in this order: date, papers, sources, years, filter, classifier,
        taxonomy.
    """
    sources = ", ".join(f"{name} {n_papers:,}" for name, n_papers in snapshot.by_source) or "none yet"
    years = [year for year, _ in snapshot.by_year if year is not None]
    n_topics = sum(len(cell.topics) for cell in snapshot.cells)
    narrowed = filter_words(snapshot.filter)
    return (
        f"As of {as_utc(snapshot.as_of):%Y-%m-%d %H:%M} UTC.",
        f"Papers: {snapshot.papers:,} in the store, {snapshot.classified:,} classified, "
        f"{snapshot.relevant:,} on the chart ({snapshot.unsure:,} of them with their cell in doubt), "
        f"{snapshot.not_relevant:,} not on the subject.",
        f"Sources: {sources}.",
        *((f"Published: {min(years)} to {max(years)}.",) if years else ()),
        *((f"Narrowed to: {narrowed}.",) if narrowed else ()),
        f"Classifier: {snapshot.classifier or 'none has run yet'}.",
        f"Taxonomy: version {snapshot.taxonomy_version}, {len(snapshot.cells)} cells, {n_topics} topics.",
    )
