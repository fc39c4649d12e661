"""The map of papers as a figure: a dot a paper, coloured by row, names where like papers lie together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charts.theme import FONT_FAMILY, ground, legible_on, mix, plain_text
from landscape.layout import RowStyle
from landscape.paper_map import Area

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT_PX = 640
# Shapes as well as colours: rows are told apart with every kind of colour vision.
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x")
DOT_CONTRAST = 3.4  # above WCAG 2.2, success criterion 1.4.11 (3 for graphical objects): dots are small
FEW_POINTS = 2_000  # up to so many dots are drawn larger


@dataclass(frozen=True)
class RowDots:
    """The dots of one row of the grid.

    Attributes:
        label: Name of the row.
        style: Its published colours.
        x: Coordinates.
        y: Coordinates.
        titles: Of the papers, data.
        positions: What a click on a dot tells.
    """

    label: str
    style: RowStyle
    x: Sequence[float]
    y: Sequence[float]
    titles: Sequence[str]
    positions: Sequence[int]


def map_figure(
    rows: Sequence[RowDots],
    behind: tuple[Sequence[float], Sequence[float]] = ((), ()),
    areas: Sequence[Area] = (),
    *,
    outline: Sequence[tuple[float, float]] = (),
    marked: tuple[Sequence[float], Sequence[float]] = ((), ()),
    dark: bool = False,
) -> Figure:
    """Draw the map.

    Args:
        rows: Dots that pass the filter, row by row of the grid.
        behind: Dots that do not, quiet and without a hint.
        areas: Names to write where their papers lie.
        outline: What a reader drew around some of them; nothing for none.
        marked: Dots with a ring around them.
        dark: Whether it lies on a dark page.

    Returns:
        The figure; axes say nothing, since only nearness means something.
    """
    from plotly.graph_objects import Figure, Scattergl

    ink, paper, quiet = ground(dark=dark)
    n_front = sum(len(row.x) for row in rows)
    size = 6 if n_front <= FEW_POINTS else 4
    figure = Figure()
    if len(behind[0]):
        figure.add_trace(
            Scattergl(
                x=behind[0],
                y=behind[1],
                mode="markers",
                marker={"color": mix(paper, quiet, 0.28), "size": 3},
                hoverinfo="skip",
                name="not in the filter",
            )
        )
    for row, symbol in zip(rows, SYMBOLS, strict=False):
        figure.add_trace(
            Scattergl(
                x=row.x,
                y=row.y,
                mode="markers",
                marker={
                    "color": legible_on(paper, row.style.chip_text_colour, DOT_CONTRAST),
                    "size": size,
                    "symbol": symbol,
                    "opacity": 0.75,
                },
                customdata=list(row.positions),
                text=[plain_text(title) for title in row.titles],
                hovertemplate="%{text}<extra></extra>",
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 0.75}},
                name=plain_text(row.label),
            )
        )
    if len(marked[0]):
        figure.add_trace(
            Scattergl(
                x=marked[0],
                y=marked[1],
                mode="markers",
                marker={"color": ink, "size": size + 4, "symbol": "circle-open", "line": {"width": 1.5}},
                hoverinfo="skip",
                name="chosen",
            )
        )
    if len(outline) > 2:
        corners = " L ".join(f"{x:.4f},{y:.4f}" for x, y in outline)
        figure.add_shape(type="path", path=f"M {corners} Z", line={"color": ink, "width": 2, "dash": "dot"})
    # A halo, not a box: the dots under a name are what it names.
    edge = ("1px 1px", "-1px 1px", "1px -1px", "-1px -1px", "0 2px", "0 -2px", "2px 0", "-2px 0")
    halo = ", ".join(f"{offset} 1px {paper}" for offset in edge)
    for area in areas:
        figure.add_annotation(
            x=area.x,
            y=area.y,
            text=plain_text(area.name),
            showarrow=False,
            font={"size": 13, "color": ink, "weight": 600, "shadow": halo},
        )
    axis = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_layout(
        height=HEIGHT_PX,
        paper_bgcolor=paper,
        plot_bgcolor=paper,
        font={"family": FONT_FAMILY, "color": ink, "size": 13},
        margin={"l": 8, "r": 8, "t": 36, "b": 36},
        xaxis=axis,
        yaxis=axis,
        dragmode="lasso",
        hoverlabel={"align": "left"},
        legend={
            "orientation": "h",
            "y": 0.0,  # under the dots: above them stand the tools
            "yanchor": "top",
            "itemsizing": "constant",
            "itemclick": "toggle",
        },
        newselection={"line": {"color": ink, "width": 2, "dash": "dot"}},
        uirevision="map",  # zoom and place stay when the page draws it again
    )
    return figure
