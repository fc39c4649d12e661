"""Slides of one row, one cell or one topic: what it is, how much there is, how it runs, what to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from export.deck_text import HEAD, LEFT_PT, LINKED, QUIET, RIGHT_PT, Column, body, column_chart, put
from export.definitions import definition, place_label
from export.pptx_canvas import TextStyle, link
from export.pptx_package import DeckFonts, set_notes
from export.slide_frame import add_slide
from export.text_fit import text_width_em as measured_em
from export.text_safety import safe_text
from export.wording import GROWTH_LEGEND, facts, growth_mark, growth_words, papers_words, share_words
from landscape.layout import Box, SlideLayout
from landscape.lettering import text_width_em
from landscape.trends import Trend
from landscape.types import GridCell, LandscapeSnapshot, PaperRow, TopicCount
from taxonomy.models import Taxonomy

SHOWN_PAPERS = 5
GAP_LEGEND = "* not harvested whole"
SHOWN_QUARTERS = 16  # four years; more columns than that cannot be labelled
LONGEST_TITLE = 300  # characters of a paper's title that are tried
SUBTITLE = Box(LEFT_PT, 36.0, RIGHT_PT - LEFT_PT, 18.0)
FACTS = Box(LEFT_PT, 60.0, 440.0, 20.0)
DEFINITION = Box(LEFT_PT, 84.0, 440.0, 132.0)
BESIDE = Box(LEFT_PT, 222.0, 440.0, 52.0)
CHART = Box(486.0, 58.0, RIGHT_PT - 486.0, 216.0)
CAPTION_PT = 14.0  # above a chart
READ_TOP_PT, READ_BOTTOM_PT = 306.0, 528.0
HEADS_TOP_PT, CHIPS_TOP_PT, CHIPS_BOTTOM_PT, ROW_CHART_TOP_PT = 84.0, 122.0, 330.0, 342.0
HEAD_FONT_PT = 12.0
CHIP_HEIGHT_PT, CHIP_GAP_PT = 32.0, 6.0


def trend_columns(trend: Trend | None) -> tuple[Column, ...]:
    """A trend as columns of a chart.

    Args:
        trend: By quarter, or None.

    Returns:
        The last quarters; one that was not harvested has no value, and a mark.
    """
    if trend is None:
        return ()
    return tuple(
        Column(
            point.quarter.label + ("" if point.harvested == "whole" else "*"),
            None if point.harvested == "none" and not point.n_papers else point.n_papers,
        )
        for point in trend.points[-SHOWN_QUARTERS:]
    )


def place_slide(
    presentation: Any,
    fonts: DeckFonts,
    snapshot: LandscapeSnapshot,
    layout: SlideLayout,
    taxonomy: Taxonomy,
    place: str,
    papers: Sequence[PaperRow],
    *,
    trend: Trend | None = None,
    url: str | None = None,
) -> Any:
    """Add the slide of a cell or a topic.

    Args:
        presentation: A python-pptx presentation.
        fonts: How text is set.
        snapshot: What is counted.
        layout: Where everything stands; gives the row's colours.
        taxonomy: The grid.
        place: Cell or topic id.
        papers: Papers to read, best first; five are shown.
        trend: Papers by quarter, or None.
        url: Where the place is shown whole.

    Returns:
        The python-pptx slide.
    """
    is_cell = place in taxonomy.cells
    cell = snapshot.cell(place if is_cell else place.rpartition("/")[0])
    count: GridCell | TopicCount = cell if is_cell else snapshot.topic(place)
    row = layout.row(cell.pipeline)
    label = place_label(taxonomy, place)
    slide, canvas = add_slide(presentation, fonts, label)
    kind = "Cell" if is_cell else f"Topic of {taxonomy.cell_label(cell.id)}"
    put(canvas, "Kind", f"{kind} · as of {snapshot.as_of:%Y-%m-%d}", SUBTITLE, body(11.0, QUIET))
    parts = (papers_words(count.n_papers), share_words(snapshot, count.share), growth_words(count.growth))
    said = ", ".join(part for part in parts if part)
    band = Box(0.0, FACTS.y - 3.0, FACTS.right, FACTS.height + 6.0)
    canvas.rectangle("Band", band, row.style.band_colour, f"Band of the row {row.label.text}")
    put(canvas, "Count", said, FACTS, body(13.0, row.style.chip_text_colour, bold=True, middle=True), url=url)
    put(canvas, "Definition", definition(taxonomy, place), DEFINITION, body(15.0))
    if is_cell:
        counts = [f"{topic.label} {topic.n_papers:,}" for topic in cell.topics]
        counts.append(f"without a topic {cell.n_without_topic:,}")
        beside = "Topics: " + " · ".join(counts)
    else:
        beside = "Also: " + ", ".join(taxonomy.topic_by_id[place].alt_labels)
    put(canvas, "Beside", beside if beside != "Also: " else "", BESIDE, body(11.0, QUIET))
    columns = trend_columns(trend)
    if any(column.value for column in columns):
        _trend_chart(canvas, label, CHART, columns, row.style.chip_text_colour)
    else:
        put(canvas, "No trend", "No paper of this place has a date of publication.", CHART, body(11.0, QUIET))
    _reading(canvas, papers, count.n_papers)
    set_notes(slide, "\n".join((f"{label}: {said}.", *_trend_notes(columns), *facts(snapshot))))
    return slide


def _reading(canvas: Any, papers: Sequence[PaperRow], n_papers: int) -> None:
    shown = papers[:SHOWN_PAPERS]
    head = Box(LEFT_PT, READ_TOP_PT - 24.0, RIGHT_PT - LEFT_PT, 20.0)
    words = "No paper yet" if not shown else f"{len(shown)} of {papers_words(n_papers)}, surest first"
    put(canvas, "To read", words, head, body(12.0, HEAD, bold=True, middle=True))
    step = (READ_BOTTOM_PT - READ_TOP_PT) / SHOWN_PAPERS
    for index, paper in enumerate(shown, start=1):
        top = READ_TOP_PT + (index - 1) * step
        title = safe_text(paper.title, limit=LONGEST_TITLE) or safe_text(paper.id)
        box = Box(LEFT_PT, top, RIGHT_PT - LEFT_PT, step * 0.55)
        put(canvas, f"Paper {index}", title, box, body(13.0, LINKED, middle=True), url=paper.url)
        box = Box(LEFT_PT, top + step * 0.55, RIGHT_PT - LEFT_PT, step * 0.4)
        put(canvas, f"Paper {index}: authors", paper_words(paper), box, body(10.5, QUIET))


def paper_words(paper: PaperRow) -> str:
    """`Ada Example, Grace Sample et al. · ACL 2023 · arxiv:2301.00001`."""
    authors = ", ".join(safe_text(name, limit=60) for name in paper.authors[:3])
    if len(paper.authors) > 3:
        authors += " et al."
    where = " ".join(part for part in (safe_text(paper.venue or "", limit=40), str(paper.year or "")) if part)
    return " · ".join(part for part in (authors, where, safe_text(paper.id, limit=80)) if part)


def row_slide(
    presentation: Any,
    fonts: DeckFonts,
    snapshot: LandscapeSnapshot,
    layout: SlideLayout,
    taxonomy: Taxonomy,
    pipeline: str,
    *,
    trends: Sequence[Trend] = (),
    links: Mapping[str, str] | None = None,
) -> Any:
    """Add the slide of a row: its cells side by side, their chips with counts, its trend.

    Args:
        presentation: A python-pptx presentation.
        fonts: How text is set.
        snapshot: What is counted.
        layout: Where everything stands; gives the row's colours.
        taxonomy: The grid.
        pipeline: Row id.
        trends: Of the row's cells, by quarter; their sum is drawn.
        links: URLs by topic id, and by cell id for empty cells.

    Returns:
        The python-pptx slide.
    """
    urls = links or {}
    row = layout.row(pipeline)
    note = next(each.scope_note for each in taxonomy.pipelines if each.id == pipeline)
    cells = [cell for cell in snapshot.cells if cell.pipeline == pipeline]
    total = sum(cell.n_papers for cell in cells)
    share = total / snapshot.relevant if snapshot.relevant else 0.0
    slide, canvas = add_slide(presentation, fonts, row.label.text)
    said = f"{papers_words(total)}, {share_words(snapshot, share)}, as of {snapshot.as_of:%Y-%m-%d}. {note}"
    put(canvas, "Count", said, Box(LEFT_PT, 38.0, RIGHT_PT - LEFT_PT, 34.0), body(12.0, QUIET))
    band = Box(0.0, CHIPS_TOP_PT - 6.0, layout.width_pt, CHIPS_BOTTOM_PT - CHIPS_TOP_PT + 10.0)
    canvas.rectangle("Band", band, row.style.band_colour, f"Band of the row {row.label.text}")
    width = (RIGHT_PT - LEFT_PT) / len(cells)
    heads = {column.id: column.head.text for column in layout.columns}
    said_of = [f"{heads[cell.component]} · {cell.n_papers:,}" for cell in cells]
    widest = max(measured_em(head, bold=True) for head in said_of) * fonts.widening * 1.02
    style = TextStyle(HEAD, min(HEAD_FONT_PT, max((width - 14.0) / widest, 8.0)), bold=True)
    for index, (cell, head) in enumerate(zip(cells, said_of, strict=True)):
        column = Box(LEFT_PT + index * width, HEADS_TOP_PT, width - 10.0, CHIPS_TOP_PT - HEADS_TOP_PT - 8.0)
        put(canvas, f"Cell: {heads[cell.component]}", head, column, style, url=urls.get(cell.id))
        _row_chips(canvas, layout, cell, column, urls)
    columns = _summed(trends)
    if any(each.value for each in columns):
        box = Box(LEFT_PT, ROW_CHART_TOP_PT, RIGHT_PT - LEFT_PT, 532.0 - ROW_CHART_TOP_PT)
        _trend_chart(canvas, row.label.text, box, columns, row.style.chip_text_colour)
    set_notes(slide, "\n".join((said, f"{GROWTH_LEGEND}.", *_trend_notes(columns), *facts(snapshot))))
    return slide


def _row_chips(
    canvas: Any, layout: SlideLayout, cell: GridCell, column: Box, urls: Mapping[str, str]
) -> None:
    row = layout.row(cell.pipeline)
    room = CHIPS_BOTTOM_PT - CHIPS_TOP_PT
    if not cell.topics:
        text = f"{papers_words(cell.n_papers)}, no topic yet" if cell.n_papers else "no topic yet"
        box = Box(column.x, CHIPS_TOP_PT, column.width, CHIP_HEIGHT_PT)
        style = TextStyle(row.style.chip_text_colour, 10.0, italic=True)
        put(canvas, f"Empty cell: {cell.id}", text, box, style, url=urls.get(cell.id))
        return
    step = min(CHIP_HEIGHT_PT + CHIP_GAP_PT, room / len(cell.topics))
    height = step * CHIP_HEIGHT_PT / (CHIP_HEIGHT_PT + CHIP_GAP_PT)
    for index, topic in enumerate(cell.topics):
        chip = layout.chip(topic.id)
        box = Box(column.x, CHIPS_TOP_PT + index * step, column.width, height)
        mark = growth_mark(topic.growth)
        count = f"{mark} {topic.n_papers:,}".strip()
        text = f"{chip.label}  {count}"
        shape = canvas.rectangle(f"Topic: {chip.label}", box, chip.fill_colour, text)
        size = 12.0 if text_width_em(text) * 12.0 < box.width * 2 else 10.0
        canvas.write(shape, text, box, TextStyle(chip.place.colour, size))
        link(shape, urls.get(topic.id), chip.label)


def _trend_chart(canvas: Any, label: str, box: Box, columns: Sequence[Column], colour: str) -> None:
    """The chart under a line that says what it counts and what its marks mean."""
    caption = "Papers by quarter of publication"
    if any(column.label.endswith("*") for column in columns):
        caption += f"; {GAP_LEGEND}"
    line = Box(box.x, box.y, box.width, CAPTION_PT)
    put(canvas, "Chart caption", caption, line, body(10.0, QUIET, middle=True))
    under = Box(box.x, box.y + CAPTION_PT, box.width, box.height - CAPTION_PT)
    column_chart(canvas, "Papers by quarter", _trend_words(label, columns), under, columns, colour)


def _summed(trends: Sequence[Trend]) -> tuple[Column, ...]:
    if not trends:
        return ()
    every = [trend_columns(trend) for trend in trends]
    return tuple(
        Column(
            columns[0].label,
            sum(each.value or 0 for each in columns) if any(e.value is not None for e in columns) else None,
        )
        for columns in zip(*every, strict=True)
    )


def _trend_words(label: str, columns: Sequence[Column]) -> str:
    values = [f"{column.label} {column.value:,}" for column in columns if column.value is not None]
    return f"Papers of {label} by quarter of publication: {', '.join(values)}"


def _trend_notes(columns: Sequence[Column]) -> list[str]:
    if not columns:
        return []
    notes = ["The chart counts papers by quarter of publication."]
    if any(column.label.endswith("*") for column in columns):
        notes.append(f"{GAP_LEGEND}: a short column there says nothing about the field.")
    return notes
