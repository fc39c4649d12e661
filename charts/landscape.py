"""The landscape as an interactive figure in the look of the published slide.

Chips and bands are shapes in the slide's own coordinates. Over them lie invisible bars of exactly
the same size, which answer the pointer. No two overlap, a cell's are cut out around its chips:
where two bars lie under the pointer plotly weighs width against the distance to the bar's end, and
would give some chips' clicks to their cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from charts.shading import ColourBy, Scale, make_scale, short_count
from charts.theme import (
    FONT_FAMILY,
    MOVEMENT_MARKS,
    MOVEMENT_WORDS,
    RowColours,
    ground,
    legible_on,
    mix,
    movement_colour,
    plain_text,
    row_colours,
)
from landscape.layout import TEXT_INSET_PT, Box, ChipLayout, SlideLayout, TextPlace
from landscape.lettering import LINE_HEIGHT, fit_label, text_width_em
from landscape.movement import Movement, PlaceMovement
from landscape.types import GridCell, LandscapeSnapshot, TopicCount

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WIDTH_PX = 1280  # of the published picture
BADGE_FONT_PT = 7.5
LABEL_HEIGHT = 0.85  # of the chip's height; plotly sets lines wider apart than slides do
BADGE_GAP_PT = 4.5  # between a chip's label and its count, and between count and chip edge
LEGEND_SWATCH_PT = (30.0, 7.0)
LEGEND_RIGHT_PT = 15.0  # the title's own distance from the other edge
MOVEMENT_SWATCH_PT = (64.0, 11.0)
HOVER_TITLE_LIMIT = 76  # characters of a title where the pointer rests: one line beside the chart
EMPTY_CELL_INSET_PT = 9.0
EMPTY_CELL_FONT_PT = 9.5


def landscape_figure(
    snapshot: LandscapeSnapshot,
    layout: SlideLayout,
    *,
    colour_by: ColourBy = "count",
    dark: bool = False,
    selected: str | None = None,
    width_px: int = WIDTH_PX,
    newest: Mapping[str, Sequence[str]] | None = None,
    moved: Movement | None = None,
) -> Figure:
    """Draw the landscape.

    Args:
        snapshot: The counts.
        layout: Where everything stands, of the same taxonomy.
        colour_by: What shades the chips and stands on them.
        dark: Whether it lies on a dark page.
        selected: Id of the chip or cell to outline, or None.
        width_px: Width that the type is sized for; the height follows from the slide's shape.
        newest: Titles of the newest papers by cell and topic id, told where the pointer rests.
        moved: What moved between two dates; chips then tell it in place of `colour_by`.

    Returns:
        A figure whose points carry `customdata[0]`: the id of a topic or a cell.
    """
    from plotly.graph_objects import Figure

    scale_px = width_px / layout.width_pt
    drawing = _Drawing(layout, dark=dark, px_per_pt=scale_px)
    topics = {topic.id: topic for cell in snapshot.cells for topic in cell.topics}
    scale = make_scale(colour_by, [_value(topic, colour_by) for topic in topics.values()])
    moves = {} if moved is None else {place.id: place for place in (*moved.cells, *moved.topics)}
    drawing.ground()
    for cell in snapshot.cells:
        if not cell.topics:
            drawing.empty_cell(cell)
    for chip in layout.chips:
        topic = topics[chip.id]
        if moved is None:
            drawing.chip(chip, scale.strength(_value(topic, colour_by)), _badge(topic, colour_by))
        else:
            drawing.moved_chip(chip, moves[chip.id])
    if moved is None:
        drawing.legend(scale)
    else:
        drawing.movement_legend()
    if selected is not None:
        drawing.outline(selected)
    figure = Figure()
    areas = _cell_areas(snapshot, layout), _chip_areas(topics, layout)
    figure.add_traces([_hits(_with_more(each, newest or {}, moves)) for each in areas])
    ink, paper, _ = ground(dark=dark)
    figure.update_layout(
        width=width_px,
        height=round(layout.height_pt * scale_px),
        margin={"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0},
        paper_bgcolor=paper,
        plot_bgcolor=paper,
        font={"family": FONT_FAMILY, "color": ink},
        showlegend=False,
        barmode="overlay",
        clickmode="event+select",
        dragmode=False,
        hovermode="closest",
        hoverlabel={"align": "left", "font": {"family": FONT_FAMILY, "size": 13}},
        modebar={
            "remove": ["zoom", "pan", "select", "lasso", "zoomIn", "zoomOut", "autoScale", "resetScale"]
        },
        xaxis=_axis([0, layout.width_pt]),
        yaxis={**_axis([layout.height_pt, 0]), "scaleanchor": "x", "scaleratio": 1},
        shapes=drawing.shapes,
        annotations=drawing.texts,
        meta={"alt": _alternative(snapshot)},
    )
    return figure


_BUTTONS = ("zoom", "pan", "select", "lasso", "zoomIn", "zoomOut", "autoScale", "resetScale", "toImage")


class _Drawing:
    """Shapes and texts of the figure, collected in plotly's terms."""

    def __init__(self, layout: SlideLayout, *, dark: bool, px_per_pt: float) -> None:
        self.layout = layout
        self.dark = dark
        self.px_per_pt = px_per_pt
        self.ink, self.paper, self.quiet = ground(dark=dark)
        self.rows: dict[str, RowColours] = {row.id: row_colours(row.style, dark=dark) for row in layout.rows}
        self.shapes: list[dict[str, Any]] = []
        self.texts: list[dict[str, Any]] = []

    def ground(self) -> None:
        """Title, bands, row labels, column heads."""
        self.text_at_corner(self.layout.title, self.ink)
        for row in self.layout.rows:
            self.box(row.band, fill=self.rows[row.id].band)
            self.text_at_corner(row.label, self.rows[row.id].label)
        for column in self.layout.columns:
            self.text(column.head, legible_on(self.paper, column.head.colour))

    def chip(self, chip: ChipLayout, strength: float, badge: str) -> None:
        """One chip with its label and the count at its right."""
        colours = self.rows[chip.cell.partition("/")[0]]
        fill = colours.chip(strength)
        self.filled_chip(chip, fill, legible_on(fill, colours.text), badge)

    def moved_chip(self, chip: ChipLayout, move: PlaceMovement) -> None:
        """One chip with how it moved: by colour, by mark and by the number of papers that arrived."""
        fill = movement_colour(move.direction, dark=self.dark)
        badge = f"{MOVEMENT_MARKS[move.direction]} +{short_count(move.n_arrived)}"
        self.filled_chip(chip, fill, legible_on(fill, self.ink), badge)

    def filled_chip(self, chip: ChipLayout, fill: str, text: str, badge: str) -> None:
        """A chip in one colour with label and badge in another."""
        self.box(chip.box, fill=fill)
        font_pt = min(BADGE_FONT_PT, chip.box.height * 0.6)
        badge_pt = text_width_em(badge) * font_pt
        # A label keeps the chip's middle, as published, until it would meet the count.
        room = Box(chip.box.x, chip.box.y, chip.box.width - badge_pt - 2 * BADGE_GAP_PT, chip.box.height)
        size, lines = fit_label(chip.label, room.width, room.height * LABEL_HEIGHT, chip.place.font_pt)
        half = max(text_width_em(line) for line in lines) * size / 2
        middle = min(chip.box.centre[0], max(room.right - half, room.centre[0]))
        self.label(lines, middle, chip.box.centre[1], size, text)
        self.label((badge,), chip.box.right - BADGE_GAP_PT, chip.box.centre[1], font_pt, text, anchor="right")

    def empty_cell(self, cell: GridCell) -> None:
        """A cell without topics: an outline that says what is in it."""
        box = self.layout.cell(cell.id).box
        inset = min(EMPTY_CELL_INSET_PT, box.width / 8, box.height / 8)
        inner = Box(box.x + inset, box.y + inset, box.width - 2 * inset, box.height - 2 * inset)
        colours = self.rows[cell.pipeline]
        line = mix(colours.band, colours.text, 0.45)
        self.box(inner, line={"color": line, "width": 1, "dash": "dash"})
        noun = "paper" if cell.n_papers == 1 else "papers"
        text = legible_on(colours.band, mix(colours.text, self.quiet, 0.5))
        for line, side in (("no topics yet", -1), (f"{cell.n_papers:,} {noun}", 1)):
            size, lines = fit_label(line, inner.width, inner.height / 2, EMPTY_CELL_FONT_PT)
            middle = inner.centre[1] + side * size * LINE_HEIGHT / 2
            self.label(lines, inner.centre[0], middle, size, text)

    def legend(self, scale: Scale) -> None:
        """The tints and what they stand for, right of the title, in a hue that no row has."""
        width, height = LEGEND_SWATCH_PT
        faint, strong = mix(self.paper, self.quiet, 0.15), mix(self.paper, self.quiet, 0.75)
        left = self.layout.width_pt - LEGEND_RIGHT_PT - width * len(scale.bounds)
        top = self.layout.title.box.centre[1] - height
        for index, (bound, label) in enumerate(zip(scale.bounds, scale.labels, strict=True)):
            box = Box(left + index * width, top, width, height)
            self.box(box, fill=mix(faint, strong, scale.strength(bound)))
            self.label((label,), box.x, box.bottom + 5.5, BADGE_FONT_PT, self.quiet, anchor="left")
        self.label((scale.title,), left - 6.0, top + height / 2, BADGE_FONT_PT, self.quiet, anchor="right")

    def movement_legend(self) -> None:
        """Marks and colours of what moved, right of the title."""
        width, height = MOVEMENT_SWATCH_PT
        words = list(MOVEMENT_MARKS)
        left = self.layout.width_pt - LEGEND_RIGHT_PT - width * len(words)
        top = self.layout.title.box.centre[1] - height
        for index, direction in enumerate(words):
            box = Box(left + index * width, top, width, height)
            fill = movement_colour(direction, dark=self.dark)
            self.box(box, fill=fill)
            text = f"{MOVEMENT_MARKS[direction]} {MOVEMENT_WORDS[direction]}"
            self.label((text,), *box.centre, BADGE_FONT_PT, legible_on(fill, self.ink))
        note = "+ papers that arrived; tested inside each venue and source"
        self.label(
            (note,), left + width * len(words), top + height + 5.5, BADGE_FONT_PT, self.quiet, anchor="right"
        )

    def outline(self, selected: str) -> None:
        """A line around the selected chip or cell; an id that is not on the chart has none."""
        boxes = {chip.id: chip.box for chip in self.layout.chips}
        boxes.update({cell.id: cell.box for cell in self.layout.cells})
        if selected in boxes:
            colours = self.rows[selected.partition("/")[0]]
            self.box(boxes[selected], line={"color": legible_on(colours.band, colours.text), "width": 2})

    def box(self, box: Box, *, fill: str | None = None, line: dict[str, Any] | None = None) -> None:
        """A rectangle in slide coordinates."""
        self.shapes.append(
            {
                "type": "rect",
                "layer": "below",
                "x0": box.x,
                "x1": box.right,
                "y0": box.y,
                "y1": box.bottom,
                "line": line or {"width": 0},
                "fillcolor": fill or "rgba(0,0,0,0)",
            }
        )

    def text(self, place: TextPlace, colour: str) -> None:
        """A text of the layout in the middle of its box."""
        self.label(place.lines, *place.box.centre, place.font_pt, colour, bold=place.bold)

    def text_at_corner(self, place: TextPlace, colour: str) -> None:
        """A text of the layout at the top left of its box, inset as published."""
        across, down = TEXT_INSET_PT
        middle = place.box.y + down + len(place.lines) * place.font_pt * LINE_HEIGHT / 2
        self.label(
            place.lines, place.box.x + across, middle, place.font_pt, colour, anchor="left", bold=place.bold
        )

    def label(
        self,
        lines: tuple[str, ...],
        x: float,
        y: float,
        font_pt: float,
        colour: str,
        *,
        anchor: str = "center",
        bold: bool = False,
    ) -> None:
        """Lines of text around a point."""
        self.texts.append(
            {
                "x": x,
                "y": y,
                "text": "<br>".join(plain_text(line) for line in lines),
                "showarrow": False,
                "captureevents": False,  # a click on the label is a click on what lies under it
                "xanchor": anchor,
                "yanchor": "middle",
                "align": "left" if anchor == "left" else "center",
                "borderpad": 0,
                "font": {
                    "size": round(font_pt * self.px_per_pt, 1),
                    "color": colour,
                    "weight": "bold" if bold else "normal",
                    "lineposition": "none",
                },
            }
        )


def _axis(reach: list[float]) -> dict[str, Any]:
    return {"range": reach, "visible": False, "fixedrange": True, "constrain": "domain"}


def _value(topic: TopicCount, colour_by: ColourBy) -> float | None:
    return {"count": topic.n_papers, "share": topic.share, "growth": topic.growth}[colour_by]


def _badge(topic: TopicCount, colour_by: ColourBy) -> str:
    if colour_by == "share":
        return _percent(topic.share)
    if colour_by == "growth":
        return _ratio(topic.growth)
    return short_count(topic.n_papers)


def _percent(share: float) -> str:
    percent = share * 100
    if 0 < percent < 0.05:
        return "<0.1 %"
    return f"{percent:.1f} %" if 0 < percent < 9.95 else f"{percent:.0f} %"


def _ratio(growth: float | None) -> str:
    if growth is None:
        return "–"
    return f"×{growth:.1f}" if growth < 9.95 else f"×{growth:.0f}"


Area = tuple[Box, list[str]]


def _cell_areas(snapshot: LandscapeSnapshot, layout: SlideLayout) -> list[Area]:
    rows = {row.id: row.label.text for row in layout.rows}
    columns = {column.id: column.head.text for column in layout.columns}
    return [
        (
            box,
            [
                cell.id,
                f"<b>{plain_text(rows[cell.pipeline])} × {plain_text(columns[cell.component])}</b><br>"
                f"{_facts(cell.n_papers, cell.share, cell.growth)}<br>"
                f"{cell.n_without_topic:,} without a topic · {cell.n_any:,} with second and third cells",
            ],
        )
        for cell in snapshot.cells
        for box in _uncovered(layout.cell(cell.id).box, [chip.box for chip in layout.chips_of(cell.id)])
    ]


def _uncovered(cell: Box, chips: Sequence[Box]) -> list[Box]:
    """What of a cell no chip covers, cut into rectangles that do not overlap."""
    edges = {edge for chip in chips for edge in (chip.y, chip.bottom) if cell.y < edge < cell.bottom}
    found = []
    for top, bottom in pairwise(sorted({cell.y, cell.bottom, *edges})):
        left = cell.x
        beside = (chip for chip in chips if chip.y < bottom and chip.bottom > top)
        for chip in sorted(beside, key=lambda chip: chip.x):
            if chip.x > left:
                found.append(Box(left, top, chip.x - left, bottom - top))
            left = max(left, chip.right)
        if left < cell.right:
            found.append(Box(left, top, cell.right - left, bottom - top))
    return found


def _chip_areas(topics: dict[str, TopicCount], layout: SlideLayout) -> list[Area]:
    return [
        (
            chip.box,
            [
                chip.id,
                f"<b>{plain_text(chip.label)}</b><br>"
                + _facts(topics[chip.id].n_papers, topics[chip.id].share, topics[chip.id].growth),
            ],
        )
        for chip in layout.chips
    ]


def _facts(n_papers: int, share: float, growth: float | None) -> str:
    grown = f"{_ratio(growth)} in a year" if growth is not None else "growth unknown"
    return f"{n_papers:,} {'paper' if n_papers == 1 else 'papers'} · {_percent(share)} of relevant · {grown}"


def _with_more(
    areas: list[Area], newest: Mapping[str, Sequence[str]], moves: Mapping[str, PlaceMovement]
) -> list[Area]:
    """Areas that also tell what moved, and the newest papers."""
    found = []
    for box, (place, facts) in areas:
        text, move = facts, moves.get(place)
        if move is not None:
            word = MOVEMENT_WORDS[move.direction]
            told = f"{move.n_before:,} → {move.n_after:,} papers, {move.n_arrived:,} arrived"
            ratio = f", ×{move.ratio:.1f} of what was expected" if move.ratio is not None else ""
            text += f"<br>{MOVEMENT_MARKS[move.direction]} {word}: {told}{ratio}"
        titles = [f"· {plain_text(_short(title))}" for title in newest.get(place, ())]
        if titles:
            text += "<br><br>Newest<br>" + "<br>".join(titles)
        found.append((box, [place, text]))
    return found


def _short(title: str) -> str:
    if len(title) <= HOVER_TITLE_LIMIT:
        return title
    head, _, year = title.rpartition(" (")
    tail = f" ({year}" if head and len(year) == len("2024)") else ""
    return title[: HOVER_TITLE_LIMIT - len(tail) - 1].rstrip() + "…" + tail


def _hits(areas: list[Area]) -> dict[str, Any]:
    """Invisible bars that answer the pointer.

    Hover text reaches the template as data (`customdata`), so nothing in a label can be read as
    a template.
    """
    return {
        "type": "bar",
        "x": [box.centre[0] for box, _ in areas],
        "width": [box.width for box, _ in areas],
        "base": [box.y for box, _ in areas],
        "y": [box.height for box, _ in areas],
        "customdata": [data for _, data in areas],
        "marker": {"color": "rgba(0,0,0,0)", "line": {"width": 0}},
        # Without these plotly would dim whatever is not selected.
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "hovertemplate": "%{customdata[1]}<extra></extra>",
        "cliponaxis": False,
    }


def _alternative(snapshot: LandscapeSnapshot) -> str:
    """What the picture says, for those who do not see it."""
    fullest = max(snapshot.cells, key=lambda cell: cell.n_papers)
    return (
        f"{snapshot.title}, version {snapshot.taxonomy_version}: {snapshot.relevant:,} relevant papers in "
        f"{len(snapshot.cells)} cells; most, {fullest.n_papers:,}, in {fullest.id}."
    )
