"""Draws the landscape on a slide: the published look, with counts where they are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from export.pptx_canvas import Canvas, Insets, TextStyle, describe, link
from export.pptx_package import EMU_PER_PT, DeckFonts
from export.text_fit import line_height_em, text_width_em
from foundation.clock import as_utc
from foundation.errors import RefusedInputError
from landscape.layout import Box, ChipLayout, SlideLayout
from landscape.types import GridCell, LandscapeSnapshot, TopicCount

# Sizes measured on the published picture with Carlito's widths (its text in px, 1280 px for
# 960 pt): title 17.9, heads 12.1 to 12.5, row labels 10.4 to 10.8, chips 11.6 to 12.0 or 10.3 to 10.7.
TITLE_FONT_PT = 18.0
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
class _Grid:
    """Labels by id, and the snapshot they are filled from."""

    snapshot: LandscapeSnapshot
    rows: dict[str, str]
    columns: dict[str, str]

    def cell_label(self, cell: GridCell) -> str:
        return f"{self.rows[cell.pipeline]} × {self.columns[cell.component]}"


def draw_landscape(
    presentation: Any,
    snapshot: LandscapeSnapshot,
    layout: SlideLayout,
    fonts: DeckFonts,
    *,
    links: Mapping[str, str] | None = None,
    show_counts: bool = True,
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

    Returns:
        The python-pptx slide.

    Raises:
        RefusedInputError: Snapshot and layout are of different grids.
    """
    grid = _checked_grid(snapshot, layout)
    slide = presentation.slides.add_slide(_title_layout(presentation))
    canvas = _canvas(presentation, slide, layout, fonts)
    _draw_title(canvas, slide, layout, keep_colour=fonts.name is not None)
    if show_counts:
        _draw_subtitle(canvas, grid, layout)
    for column in layout.columns:
        place = column.head
        shape = canvas.text_box(f"Column: {place.text}", place.box, f"Column head: {place.text}")
        canvas.write(shape, place.text, place.box, TextStyle(place.colour, HEAD_FONT_PT, bold=True))
    urls = links or {}
    count_width = _count_width(canvas, grid) if show_counts else None
    for row in layout.rows:
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
            _draw_cell(canvas, grid, cell, layout, urls, count_width, row.style.chip_text_colour)
    return slide


def landscape_notes(snapshot: LandscapeSnapshot) -> str:
    """Speaker notes: what the slide counts, from where, judged by what, and how to renew it.

    Args:
        snapshot: What is counted.

    Returns:
        Paragraphs, one a line.
    """
    sources = ", ".join(f"{name} {n_papers:,}" for name, n_papers in snapshot.by_source) or "none yet"
    years = [year for year, _ in snapshot.by_year if year is not None]
    n_topics = sum(len(cell.topics) for cell in snapshot.cells)
    lines = [
        f"As of {as_utc(snapshot.as_of):%Y-%m-%d %H:%M} UTC.",
        f"Papers: {snapshot.papers:,} in the store, {snapshot.classified:,} classified, "
        f"{snapshot.relevant:,} on the chart ({snapshot.unsure:,} of them with their cell in doubt), "
        f"{snapshot.not_relevant:,} not on the subject.",
        f"Sources: {sources}.",
    ]
    if years:
        lines.append(f"Published: {min(years)} to {max(years)}.")
    narrowed = _filter_words(snapshot)
    if narrowed:
        lines.append(f"Narrowed to: {narrowed}.")
    lines += [
        "A chip's number is the papers that bear its topic; a paper may bear several topics or none, "
        "so the numbers do not add up to the papers on the chart.",
        f"Classifier: {snapshot.classifier or 'none has run yet'}.",
        f"Taxonomy: version {snapshot.taxonomy_version}, {len(snapshot.cells)} cells, {n_topics} topics.",
        "To update: run `landscape refresh`, then `landscape export pptx --out FILE.pptx`.",
    ]
    return "\n".join(lines)


def _filter_words(snapshot: LandscapeSnapshot) -> str:
    chosen = snapshot.filter
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


def _checked_grid(snapshot: LandscapeSnapshot, layout: SlideLayout) -> _Grid:
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
    return _Grid(
        snapshot,
        {row.id: row.label.text for row in layout.rows},
        {column.id: column.head.text for column in layout.columns},
    )


def _title_layout(presentation: Any) -> Any:
    """The slide layout with a title and as little else as there is."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    furniture = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER}

    def clutter(layout: Any) -> tuple[bool, int]:
        kinds = [placeholder.placeholder_format.type for placeholder in layout.placeholders]
        others = [kind for kind in kinds if kind is not PP_PLACEHOLDER.TITLE and kind not in furniture]
        return PP_PLACEHOLDER.TITLE not in kinds, len(others)

    return min(presentation.slide_layouts, key=clutter)


def _canvas(presentation: Any, slide: Any, layout: SlideLayout, fonts: DeckFonts) -> Canvas:
    width_pt, height_pt = presentation.slide_width / EMU_PER_PT, presentation.slide_height / EMU_PER_PT
    scale = min(width_pt / layout.width_pt, height_pt / layout.height_pt)
    return Canvas(
        slide.shapes,
        fonts,
        scale,
        (width_pt - layout.width_pt * scale) / 2,
        (height_pt - layout.height_pt * scale) / 2,
    )


def _draw_title(canvas: Canvas, slide: Any, layout: SlideLayout, *, keep_colour: bool) -> None:
    title = layout.title
    shape = slide.shapes.title
    if shape is None:
        shape = canvas.text_box("Title", title.box, "")
    else:
        shape.left, shape.top, shape.width, shape.height = canvas.emu(title.box)
    for empty in [each for each in slide.placeholders if each.shape_id != shape.shape_id]:
        empty._element.getparent().remove(empty._element)  # else "Click to add text" stays on the slide
    describe(shape, "Title", title.text)
    colour = title.colour if keep_colour else None
    style = TextStyle(colour, TITLE_FONT_PT, bold=True, align="left", insets=Insets(7.2, 0.0, 7.2, 0.0))
    canvas.write(shape, title.text, title.box, style)


def _draw_subtitle(canvas: Canvas, grid: _Grid, layout: SlideLayout) -> None:
    snapshot, above = grid.snapshot, layout.title.box
    text = f"{_papers(snapshot.relevant)} as of {as_utc(snapshot.as_of):%Y-%m-%d}"
    box = Box(above.x, above.bottom, above.width, SUBTITLE_HEIGHT_PT)
    shape = canvas.text_box("As of", box, f"Date and number of papers: {text}")
    style = TextStyle(QUIET_COLOUR, QUIET_FONT_PT, align="left", insets=Insets(7.2, 0.0, 7.2, 0.0))
    canvas.write(shape, text, box, style)


def _count_width(canvas: Canvas, grid: _Grid) -> float:
    """Room for the widest count, the same on every chip so that labels line up."""
    texts = {_short_count(topic.n_papers) for cell in grid.snapshot.cells for topic in cell.topics}
    widest = max((text_width_em(text, bold=True) for text in texts), default=0.0)
    return widest * COUNT_FONT_PT * canvas.fonts.widening * 1.05 + COUNT_INSET_PT + COUNT_GAP_PT


def _draw_cell(
    canvas: Canvas,
    grid: _Grid,
    cell: GridCell,
    layout: SlideLayout,
    urls: Mapping[str, str],
    count_width: float | None,
    colour: str,
) -> None:
    if cell.topics:
        group = canvas.group(f"Cell: {grid.cell_label(cell)}", _cell_description(grid, cell))
        for topic in cell.topics:
            _draw_chip(group, grid, topic, layout.chip(topic.id), urls.get(topic.id), count_width)
    elif count_width is not None:
        label = grid.cell_label(cell)
        text = f"{_papers(cell.n_papers)}, no topic yet" if cell.n_papers else "no topic yet"
        whole = layout.cell(cell.id).box
        height = min(2 * QUIET_FONT_PT * 1.3, whole.height)
        box = Box(whole.x, whole.centre[1] - height / 2, whole.width, height)
        shape = canvas.text_box(f"Empty cell: {label}", box, _cell_description(grid, cell))
        canvas.write(shape, text, box, TextStyle(colour, QUIET_FONT_PT, italic=True))
        link(shape, urls.get(cell.id), label)


def _draw_chip(
    canvas: Canvas,
    grid: _Grid,
    topic: TopicCount,
    chip: ChipLayout,
    url: str | None,
    count_width: float | None,
) -> None:
    description = f"{chip.label}: {_papers(topic.n_papers)}, {_share(grid, topic.share)}{_growth(topic)}"
    shape = canvas.rectangle(f"Chip: {chip.label}", chip.box, chip.fill_colour, description)
    link(shape, url, description)
    colour = chip.place.colour
    if count_width is None:
        canvas.write(shape, chip.label, chip.box, TextStyle(colour, CHIP_FONT_PT))
        return
    count_width = min(count_width, chip.box.width / 2)
    style = TextStyle(colour, COUNTED_CHIP_FONT_PT, insets=Insets(right=count_width))
    label = canvas.write(shape, chip.label, chip.box, style)
    box = Box(chip.box.right - count_width, chip.box.y, count_width, chip.box.height)
    count = canvas.text_box(f"Count: {chip.label}", box, f"{_papers(topic.n_papers)} on {chip.label}")
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
    canvas.write(count, _short_count(topic.n_papers), box, style)
    link(count, url, description)


def _cell_description(grid: _Grid, cell: GridCell) -> str:
    text = f"{grid.cell_label(cell)}: {_papers(cell.n_papers)}, {_share(grid, cell.share)}"
    return f"{text}; {cell.n_without_topic:,} without a topic" if cell.n_without_topic else text


def _papers(n_papers: int) -> str:
    return "1 paper" if n_papers == 1 else f"{n_papers:,} papers"


def _share(grid: _Grid, share: float) -> str:
    return f"{share:.1%} of {grid.snapshot.relevant:,} on the chart"


def _growth(topic: TopicCount) -> str:
    return "" if topic.growth is None else f", {topic.growth:.2g} times the year before"


def _short_count(n_papers: int) -> str:
    """Five characters at most, whatever the number: 9,999, then 10k, then 1.2M."""
    if n_papers < 10_000:
        return f"{n_papers:,}"
    if n_papers < 1_000_000:
        return f"{n_papers // 1000}k"
    return f"{n_papers / 1_000_000:.1f}M"
