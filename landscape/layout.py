"""Where everything stands on the slide, in points, for the published grid and for any other.

Page, slide and picture all draw from one `SlideLayout`, so they cannot disagree. What has a
published place (`taxonomy/slide.v1.yaml`) keeps it; a row, column or topic without one is laid
out here. Origin is the top left corner, y runs downwards.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import ceil

from landscape.lettering import fit_label, text_width_em
from taxonomy.loader import load_geometry
from taxonomy.models import Component, Pipeline, PipelineStyle, SlideGeometry, Taxonomy, Topic

# Measured on the published picture: widths of its texts against the same texts in Carlito. Its chips
# are set in 10.5 and 12 pt; the smaller size leaves room for a count beside the label.
TITLE_FONT_PT = 18.0
HEAD_FONT_PT = 12.0
ROW_LABEL_FONT_PT = 10.5
CHIP_FONT_PT = 10.5
TEXT_INSET_PT = (7.2, 3.6)  # left of and above the text in the published title and row label boxes

LABEL_GUTTER_PT = 130.0  # left of the first column; row labels of the published slide end at 119 pt
BANDS_TOP_PT = 89.3  # where the published bands begin
TITLE_REACH_PT = 690.0  # a title's width at most; what lies right of it is the legend's
HEADS_TOP_PT = 54.0
HEAD_HEIGHT_PT = 30.0
CHIP_WIDTH_PT = 113.4  # of most published chips
CHIP_HEIGHT_PT = 25.5
CHIP_GAP_PT = 6.0  # published gaps run from 3 to 13 pt
CELL_INSET_PT = 3.0
LEAST_CHIP_HEIGHT_PT = 12.0  # below it a label of 7 pt cannot stand: chips go side by side instead
LEAST_CHIP_WIDTH_PT = 36.0


@dataclass(frozen=True)
class Box:
    """A rectangle in points, origin top left, y downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The middle: x, y."""
        return self.x + self.width / 2, self.y + self.height / 2

    def contains(self, other: Box, tolerance_pt: float = 1e-6) -> bool:
        """Whether another box lies wholly inside."""
        return (
            other.x >= self.x - tolerance_pt
            and other.y >= self.y - tolerance_pt
            and other.right <= self.right + tolerance_pt
            and other.bottom <= self.bottom + tolerance_pt
        )

    def overlaps(self, other: Box, tolerance_pt: float = 1e-6) -> bool:
        """Whether two boxes share area; touching edges do not count."""
        return (
            min(self.right, other.right) - max(self.x, other.x) > tolerance_pt
            and min(self.bottom, other.bottom) - max(self.y, other.y) > tolerance_pt
        )


@dataclass(frozen=True)
class RowStyle:
    """Colours of one row, sRGB hex."""

    band_colour: str
    chip_colour: str
    chip_text_colour: str
    label_colour: str


@dataclass(frozen=True)
class TextPlace:
    """A text in its box.

    Attributes:
        text: What stands there, whole.
        box: Where.
        colour: sRGB hex.
        font_pt: Size at which `lines` fit the box.
        lines: The text broken so that it fits.
        bold: Weight as published.
    """

    text: str
    box: Box
    colour: str
    font_pt: float
    lines: tuple[str, ...]
    bold: bool = True


@dataclass(frozen=True)
class RowLayout:
    """A pipeline: its band across the slide, its label, its colours."""

    id: str
    band: Box
    label: TextPlace
    style: RowStyle


@dataclass(frozen=True)
class ColumnLayout:
    """A component: its head, and how far it reaches from left to right."""

    id: str
    head: TextPlace
    left: float
    right: float


@dataclass(frozen=True)
class CellLayout:
    """A cell: its part of the band, all of it."""

    id: str
    pipeline: str
    component: str
    box: Box


@dataclass(frozen=True)
class ChipLayout:
    """A topic's chip.

    Attributes:
        id: Topic id.
        cell: Cell id.
        place: Label, box, text colour and size.
        fill_colour: sRGB hex of the published look.
        published: Whether the box is the published one.
    """

    id: str
    cell: str
    place: TextPlace
    fill_colour: str
    published: bool

    @property
    def label(self) -> str:
        """The topic's label, unbroken."""
        return self.place.text

    @property
    def box(self) -> Box:
        """Where the chip stands."""
        return self.place.box


@dataclass(frozen=True)
class SlideLayout:
    """The whole slide.

    Attributes:
        width_pt: Of the slide.
        height_pt: Of the slide.
        title: Title with its version.
        rows: Bands from top to bottom.
        columns: Columns from left to right.
        cells: Every cell, row by row; together they cover the bands right of the row labels.
        chips: In reading order of the taxonomy.
    """

    width_pt: float
    height_pt: float
    title: TextPlace
    rows: tuple[RowLayout, ...]
    columns: tuple[ColumnLayout, ...]
    cells: tuple[CellLayout, ...]
    chips: tuple[ChipLayout, ...]

    @cached_property
    def _rows_by_id(self) -> dict[str, RowLayout]:
        return {row.id: row for row in self.rows}

    @cached_property
    def _cells_by_id(self) -> dict[str, CellLayout]:
        return {cell.id: cell for cell in self.cells}

    @cached_property
    def _chips_by_id(self) -> dict[str, ChipLayout]:
        return {chip.id: chip for chip in self.chips}

    def row(self, pipeline: str) -> RowLayout:
        """A row by pipeline id.

        Raises:
            KeyError: There is no such row.
        """
        return self._rows_by_id[pipeline]

    def cell(self, cell_id: str) -> CellLayout:
        """A cell by id.

        Raises:
            KeyError: There is no such cell.
        """
        return self._cells_by_id[cell_id]

    def chip(self, topic_id: str) -> ChipLayout:
        """A chip by topic id.

        Raises:
            KeyError: There is no such chip.
        """
        return self._chips_by_id[topic_id]

    def chips_of(self, cell_id: str) -> tuple[ChipLayout, ...]:
        """Chips of a cell in reading order; empty for an empty cell."""
        return tuple(chip for chip in self.chips if chip.cell == cell_id)


def slide_layout(taxonomy: Taxonomy, geometry: SlideGeometry | None = None) -> SlideLayout:
    """Lay out a grid on the slide.

    Rows keep their published bands when the grid has exactly the published rows in their order,
    columns likewise; otherwise they share the slide evenly. Chips keep their published boxes
    where both axes are the published ones.

    Args:
        taxonomy: The grid.
        geometry: Published places and colours; the shipped ones when None.

    Returns:
        The layout. No chip overlaps another or leaves its cell.
    """
    geometry = geometry or load_geometry()
    rows, rows_published = _rows(taxonomy.pipelines, geometry)
    columns, columns_published = _columns(taxonomy.components, geometry)
    cells = tuple(
        CellLayout(
            f"{row.id}/{column.id}",
            row.id,
            column.id,
            Box(column.left, row.band.y, column.right - column.left, row.band.height),
        )
        for row in rows
        for column in columns
    )
    styles = {row.id: row.style for row in rows}
    placed: dict[str, tuple[Box, bool]] = {}
    for cell in cells:
        published = (
            {
                topic.id: Box(*geometry.chips_pt[topic.id])
                for topic in taxonomy.topics_by_cell[cell.id]
                if topic.id in geometry.chips_pt
            }
            if rows_published and columns_published
            else {}
        )
        width = _chip_width(cell, geometry) if columns_published else CHIP_WIDTH_PT
        placed.update(_place_chips(taxonomy.topics_by_cell[cell.id], cell.box, published, width))
    chips = tuple(
        ChipLayout(
            id=topic.id,
            cell=topic.cell,
            place=_text(
                topic.label,
                placed[topic.id][0],
                styles[topic.cell.partition("/")[0]].chip_text_colour,
                CHIP_FONT_PT,
                bold=False,
            ),
            fill_colour=styles[topic.cell.partition("/")[0]].chip_colour,
            published=placed[topic.id][1],
        )
        for topic in taxonomy.topics
    )
    return SlideLayout(
        width_pt=geometry.slide.width_pt,
        height_pt=geometry.slide.height_pt,
        title=_title(taxonomy, geometry),
        rows=rows,
        columns=columns,
        cells=cells,
        chips=chips,
    )


def _text(text: str, box: Box, colour: str, font_pt: float, *, bold: bool) -> TextPlace:
    size, lines = fit_label(text, box.width, box.height, font_pt, bold=bold)
    return TextPlace(text, box, colour, size, lines, bold)


def _title(taxonomy: Taxonomy, geometry: SlideGeometry) -> TextPlace:
    known = taxonomy.version == geometry.taxonomy_version
    text = taxonomy.title + (geometry.title.suffix if known else f" - v{taxonomy.version}")
    box = Box(*geometry.title.box_pt)
    # One line, as published: shrunk rather than broken where the title is longer.
    size = TITLE_FONT_PT * min(1.0, TITLE_REACH_PT / (text_width_em(text, bold=True) * TITLE_FONT_PT))
    return TextPlace(text, box, geometry.title.colour, size, (text,))


def _rows(pipelines: Sequence[Pipeline], geometry: SlideGeometry) -> tuple[tuple[RowLayout, ...], bool]:
    by_height = sorted(geometry.pipelines, key=lambda name: geometry.pipelines[name].band_pt[1])
    published = [row.id for row in pipelines] == by_height
    height = (geometry.slide.height_pt - BANDS_TOP_PT) / len(pipelines)
    rows = []
    for index, pipeline in enumerate(pipelines):
        known = geometry.pipelines.get(pipeline.id)
        style = _style(known, index)
        if published and known is not None:
            band, label_box = Box(*known.band_pt), Box(*known.label_box_pt)
        else:
            band = Box(0.0, BANDS_TOP_PT + index * height, geometry.slide.width_pt, height)
            label_height = min(height, 32.7)  # of the published row labels
            label_box = Box(12.0, band.y + (height - label_height) / 2, LABEL_GUTTER_PT - 18.0, label_height)
        label = _text(pipeline.label, label_box, style.label_colour, ROW_LABEL_FONT_PT, bold=True)
        rows.append(RowLayout(pipeline.id, band, label, style))
    return tuple(rows), published


def _style(known: PipelineStyle | None, index: int) -> RowStyle:
    if known is not None:
        return RowStyle(known.band_colour, known.chip_colour, known.chip_text_colour, known.label_colour)
    # A golden-ratio step keeps any number of hues apart; lightness and saturation are those of
    # the published rows. It starts at green, which no published row uses.
    hue = (0.39 + index * 0.618034) % 1.0
    band, chip, text = (_hex(hue, *pair) for pair in ((0.965, 0.5), (0.84, 0.45), (0.27, 0.55)))
    return RowStyle(band, chip, text, text)


def _hex(hue: float, lightness: float, saturation: float) -> str:
    parts = colorsys.hls_to_rgb(hue, lightness, saturation)
    return "#" + "".join(f"{round(part * 255):02X}" for part in parts)


def _extents(geometry: SlideGeometry) -> dict[str, tuple[float, float]]:
    """How far the published chips of each column reach; its head where it has no chips."""
    extents = {}
    for component, (x, _, width, _) in geometry.component_heads.boxes_pt.items():
        boxes = [box for topic, box in geometry.chips_pt.items() if topic.split("/")[1] == component]
        extents[component] = (
            min((box[0] for box in boxes), default=x),
            max((box[0] + box[2] for box in boxes), default=x + width),
        )
    return extents


def _columns(
    components: Sequence[Component], geometry: SlideGeometry
) -> tuple[tuple[ColumnLayout, ...], bool]:
    extents = _extents(geometry)
    slide_width = geometry.slide.width_pt
    published = [column.id for column in components] == sorted(extents, key=lambda name: extents[name])
    if published:
        reach = [extents[column.id] for column in components]
        # Midway between neighbours; the first column reaches as far to its left as to its right.
        inner = [(left[1] + right[0]) / 2 for left, right in pairwise(reach)]
        first = reach[0][0] - (inner[0] - reach[0][1] if inner else CHIP_GAP_PT)
        edges = [first, *inner, slide_width]
    else:
        step = (slide_width - LABEL_GUTTER_PT) / len(components)
        edges = [LABEL_GUTTER_PT + index * step for index in range(len(components))] + [slide_width]
    columns = []
    for component, (left, right) in zip(components, pairwise(edges), strict=True):
        box = (
            Box(*geometry.component_heads.boxes_pt[component.id])
            if published
            else Box(left, HEADS_TOP_PT, right - left, HEAD_HEIGHT_PT)
        )
        head = _text(component.label, box, geometry.component_heads.colour, HEAD_FONT_PT, bold=True)
        columns.append(ColumnLayout(component.id, head, left, right))
    return tuple(columns), published


def _chip_width(cell: CellLayout, geometry: SlideGeometry) -> float:
    """The widest published chip of the cell's column."""
    widths = [box[2] for topic, box in geometry.chips_pt.items() if topic.split("/")[1] == cell.component]
    return max(widths, default=CHIP_WIDTH_PT)


def _place_chips(
    topics: Sequence[Topic], cell: Box, published: dict[str, Box], width: float
) -> dict[str, tuple[Box, bool]]:
    """Boxes of a cell's chips, and which of them are the published ones.

    Published chips stay where they are and new ones go under or over them while there is room;
    after that the whole cell is stacked again.
    """
    boxes = list(published.values())
    sound = all(cell.contains(box) for box in boxes) and not any(
        one.overlaps(other) for index, one in enumerate(boxes) for other in boxes[index + 1 :]
    )
    new = [topic for topic in topics if topic.id not in published]
    if boxes and sound:
        free = _free_boxes(boxes, cell, len(new))
        if len(free) == len(new):
            placed = {topic: (box, True) for topic, box in published.items()}
            placed.update({topic.id: (box, False) for topic, box in zip(new, free, strict=True)})
            return placed
    stacked = _stack(len(topics), cell, width)
    return {topic.id: (box, False) for topic, box in zip(topics, stacked, strict=True)}


def _free_boxes(boxes: Sequence[Box], cell: Box, count: int) -> list[Box]:
    """Up to `count` boxes under the last chip, then over the first, as large as the last."""
    by_height = sorted(boxes, key=lambda box: box.y)
    first, last = by_height[0], by_height[-1]
    found: list[Box] = []
    below, above = last.bottom + CHIP_GAP_PT, first.y - CHIP_GAP_PT - first.height
    while len(found) < count and below + last.height <= cell.bottom - CELL_INSET_PT:
        found.append(Box(last.x, below, last.width, last.height))
        below += last.height + CHIP_GAP_PT
    while len(found) < count and above >= cell.y + CELL_INSET_PT:
        found.append(Box(first.x, above, first.width, first.height))
        above -= first.height + CHIP_GAP_PT
    return found


def _stack(count: int, cell: Box, width: float) -> list[Box]:
    """Boxes one under the other, centred in the cell; side by side and smaller when many."""
    if count == 0:
        return []
    inset = min(CELL_INSET_PT, cell.width / 8, cell.height / 8)
    room_across, room_down = cell.width - 2 * inset, cell.height - 2 * inset
    across = 1
    while (
        room_down / ceil(count / across) < LEAST_CHIP_HEIGHT_PT
        and room_across / (across + 1) >= LEAST_CHIP_WIDTH_PT
    ):
        across += 1
    down = ceil(count / across)
    step_down = min(room_down / down, CHIP_HEIGHT_PT + CHIP_GAP_PT)
    step_across = min(room_across / across, width + 2 * inset)
    height = step_down * CHIP_HEIGHT_PT / (CHIP_HEIGHT_PT + CHIP_GAP_PT)
    chip_width = step_across - min(2 * inset, step_across / 10)
    left = cell.x + (cell.width - across * step_across) / 2 + (step_across - chip_width) / 2
    top = cell.y + (cell.height - down * step_down) / 2 + (step_down - height) / 2
    return [
        Box(left + (index // down) * step_across, top + (index % down) * step_down, chip_width, height)
        for index in range(count)
    ]
