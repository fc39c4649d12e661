"""Draws the landscape on a slide: the published look, with counts where they are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from export.pptx_canvas import Canvas, Insets, TextStyle, link
from export.pptx_package import DeckFonts
from export.slide_frame import add_slide
from export.text_fit import line_height_em, text_width_em
from export.wording import (
    GROWTH_LEGEND,
    GridLabels,
    cell_words,
    checked_grid,
    facts,
    growth_mark,
    papers_words,
    short_count,
    topic_words,
)
from foundation.clock import as_utc
from landscape.layout import Box, ChipLayout, SlideLayout
from landscape.types import GridCell, LandscapeSnapshot, TopicCount

# Sizes measured on the published picture with Carlito's widths (its text in px, 1280 px for
# 960 pt): title 17.9, heads 12.1 to 12.5, row labels 10.4 to 10.8, chips 11.6 to 12.0 or 10.3 to 10.7.
HEAD_FONT_PT = 12.0
ROW_LABEL_FONT_PT = 10.5
CHIP_FONT_PT = 12.0
COUNTED_CHIP_FONT_PT = 10.5  # leaves room for the count beside the label
COUNT_FONT_PT = 8.0
QUIET_FONT_PT = 9.5
QUIET_COLOUR = "#595959"  # 7:1 on white (WCAG 2.2, 1.4.6)
BOX_INSETS = Insets(7.2, 3.6, 7.2, 3.6)  # PowerPoint's own, which the published title and labels have
COUNT_INSET_PT = 3.0
COUNT_GAP_PT = 3.5  # less, and text taken from a PDF runs the count into a label of two lines
SUBTITLE_HEIGHT_PT = 14.0
DESCENT_EM = 0.47  # Calibri: descent 512 and line gap 452 of 2048 units stand below the base line


@dataclass(frozen=True)
class _Counts:
    """How counts stand on chips."""

    width_pt: float
    show_growth: bool


def draw_landscape(
    presentation: Any,
    snapshot: LandscapeSnapshot,
    layout: SlideLayout,
    fonts: DeckFonts,
    *,
    links: Mapping[str, str] | None = None,
    show_counts: bool = True,
    show_growth: bool = False,
    parts: frozenset[str] | None = None,
) -> Any:
    """Add the landscape as a slide.

    Args:
        presentation: A python-pptx presentation.
        snapshot: What is counted.
        layout: Where everything stands.
        fonts: How text is set.
        links: URLs by topic id, and by cell id for empty cells; unsafe ones are left out.
        show_counts: Write counts on chips, a quiet note in empty cells and the date under the
            title. Boxes and colours are the same either way.
        show_growth: Write growth marks before the counts.
        parts: Only these rows and cells, for a step of the build-up; None for all.

    Returns:
        The python-pptx slide.

    Raises:
        RefusedInputError: Snapshot and layout are of different grids.
    """
    grid = checked_grid(snapshot, layout)
    slide, canvas = add_slide(
        presentation, fonts, layout.title.text, layout.title.box, (layout.width_pt, layout.height_pt)
    )
    if show_counts:
        _draw_subtitle(canvas, grid, layout, show_growth)
    for column in layout.columns:
        place = column.head
        shape = canvas.text_box(f"Column: {place.text}", place.box, f"Column head: {place.text}")
        canvas.write(shape, place.text, place.box, TextStyle(place.colour, HEAD_FONT_PT, bold=True))
    urls = links or {}
    counts = _Counts(_count_width(canvas, grid, show_growth), show_growth) if show_counts else None
    for row in layout.rows:
        if parts is not None and row.id not in parts:
            continue
        label = row.label
        canvas.rectangle(
            f"Band: {label.text}", row.band, row.style.band_colour, f"Band of the row {label.text}"
        )
        shape = canvas.text_box(f"Row: {label.text}", label.box, f"Row label: {label.text}")
        style = TextStyle(
            label.colour, ROW_LABEL_FONT_PT, bold=True, align="left", anchor="top", insets=BOX_INSETS
        )
        canvas.write(shape, label.text, label.box, style)
        for cell in (cell for cell in snapshot.cells if cell.pipeline == row.id):
            if parts is None or cell.id in parts:
                _draw_cell(canvas, grid, cell, layout, urls, counts, row.style.chip_text_colour)
    return slide


def landscape_notes(snapshot: LandscapeSnapshot, *, growth: bool = False) -> str:
    """Speaker notes: what the slide counts, from where, judged by what, and how to renew it.

    Args:
        snapshot: What is counted.
        growth: Whether the slide bears growth marks.

    Returns:
        Paragraphs, one a line.
    """
    lines = [
        *facts(snapshot),
        "A chip's number is the papers that bear its topic; a paper may bear several topics or none, "
        "so the numbers do not add up to the papers on the chart.",
        *((f"{GROWTH_LEGEND}.",) if growth else ()),
        "To update: run `landscape refresh`, then `landscape export pptx --out FILE.pptx`.",
    ]
    return "\n".join(lines)


def _draw_subtitle(canvas: Canvas, grid: GridLabels, layout: SlideLayout, show_growth: bool) -> None:
    snapshot, above = grid.snapshot, layout.title.box
    text = f"{papers_words(snapshot.relevant)} as of {as_utc(snapshot.as_of):%Y-%m-%d}"
    topics = (topic for cell in snapshot.cells for topic in cell.topics)
    if show_growth and any(growth_mark(topic.growth) for topic in topics):
        text += f"; {GROWTH_LEGEND}"
    box = Box(above.x, above.bottom, above.width, SUBTITLE_HEIGHT_PT)
    shape = canvas.text_box("As of", box, f"Date and number of papers: {text}")
    style = TextStyle(QUIET_COLOUR, QUIET_FONT_PT, align="left", insets=Insets(7.2, 0.0, 7.2, 0.0))
    canvas.write(shape, text, box, style)


def _count_width(canvas: Canvas, grid: GridLabels, show_growth: bool) -> float:
    """Room for the widest count, the same on every chip so that labels line up."""
    topics = [topic for cell in grid.snapshot.cells for topic in cell.topics]
    texts = {_count_text(topic, show_growth) for topic in topics}
    widest = max((text_width_em(text, bold=True) for text in texts), default=0.0)
    return widest * COUNT_FONT_PT * canvas.fonts.widening * 1.05 + COUNT_INSET_PT + COUNT_GAP_PT


def _count_text(topic: TopicCount, show_growth: bool) -> str:
    mark = growth_mark(topic.growth) if show_growth else ""
    return f"{mark} {short_count(topic.n_papers)}".strip()


def _draw_cell(
    canvas: Canvas,
    grid: GridLabels,
    cell: GridCell,
    layout: SlideLayout,
    urls: Mapping[str, str],
    counts: _Counts | None,
    colour: str,
) -> None:
    if cell.topics:
        group = canvas.group(f"Cell: {grid.cell_label(cell)}", cell_words(grid, cell))
        for topic in cell.topics:
            _draw_chip(group, grid, topic, layout.chip(topic.id), urls.get(topic.id), counts)
    elif counts is not None:
        label = grid.cell_label(cell)
        text = f"{papers_words(cell.n_papers)}, no topic yet" if cell.n_papers else "no topic yet"
        whole = layout.cell(cell.id).box
        height = min(2 * QUIET_FONT_PT * 1.3, whole.height)
        box = Box(whole.x, whole.centre[1] - height / 2, whole.width, height)
        shape = canvas.text_box(f"Empty cell: {label}", box, cell_words(grid, cell))
        canvas.write(shape, text, box, TextStyle(colour, QUIET_FONT_PT, italic=True))
        link(shape, urls.get(cell.id), label)


def _draw_chip(
    canvas: Canvas,
    grid: GridLabels,
    topic: TopicCount,
    chip: ChipLayout,
    url: str | None,
    counts: _Counts | None,
) -> None:
    description = f"{chip.label}: {topic_words(grid.snapshot, topic)}"
    shape = canvas.rectangle(f"Chip: {chip.label}", chip.box, chip.fill_colour, description)
    link(shape, url, description)
    colour = chip.place.colour
    if counts is None:
        canvas.write(shape, chip.label, chip.box, TextStyle(colour, CHIP_FONT_PT))
        return
    count_width = min(counts.width_pt, chip.box.width / 2)
    style = TextStyle(colour, COUNTED_CHIP_FONT_PT, insets=Insets(right=count_width))
    label = canvas.write(shape, chip.label, chip.box, style)
    box = Box(chip.box.right - count_width, chip.box.y, count_width, chip.box.height)
    count = canvas.text_box(f"Count: {chip.label}", box, f"{papers_words(topic.n_papers)} on {chip.label}")
    # On the label's last line, so that copied and extracted text reads label first, then count.
    below_pt = (chip.box.height - label.n_lines * label.font_pt * line_height_em()) / 2
    style = TextStyle(
        colour,
        COUNT_FONT_PT,
        bold=True,
        align="right",
        anchor="bottom",
        insets=Insets(0.0, 0.0, COUNT_INSET_PT, below_pt + (label.font_pt - COUNT_FONT_PT) * DESCENT_EM),
        wrap=False,
    )
    canvas.write(count, _count_text(topic, counts.show_growth), box, style)
    link(count, url, description)
