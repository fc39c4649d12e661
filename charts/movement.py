"""What moved, as a figure: papers that came against papers that were to be expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from charts.theme import FONT_FAMILY, MOVEMENT_COLOURS, ground, mix, plain_text
from landscape.movement import Movement
from landscape.movement_words import q_words

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

RISING, FADING = MOVEMENT_COLOURS["rising"], MOVEMENT_COLOURS["fading"]
SHOWN_PLACES = 20
ROW_HEIGHT_PX = 26


def movement_figure(movement: Movement, *, dark: bool = False) -> Figure:
    """Draw the topics that rise and fade.

    Args:
        movement: What moved.
        dark: Whether it lies on a dark page.

    Returns:
        A line a topic from what was expected (ring) to what came (dot), the largest difference on top;
        empty axes with a note where nothing moved by more than chance.
    """
    from plotly.graph_objects import Figure, Scatter

    ink, paper, quiet = ground(dark=dark)
    moved = [*movement.moved("rising"), *movement.moved("fading")]
    moved.sort(key=lambda place: abs(place.observed - place.expected))
    moved = moved[-SHOWN_PLACES:]
    figure = Figure()
    lines: list[dict[str, Any]] = []  # set at once: plotly checks every shape anew with each one added
    for direction, colour, symbol in (
        ("rising", RISING, "triangle-right"),
        ("fading", FADING, "triangle-left"),
    ):
        places = [place for place in moved if place.direction == direction]
        names = [plain_text(place.label) for place in places]
        lines += [
            {
                "type": "line", "x0": place.expected, "x1": place.observed, "y0": name, "y1": name,
                "line": {"color": mix(colour, paper, 0.4), "width": 3}, "layer": "below",
            }
            for place, name in zip(places, names, strict=True)
        ]  # fmt: skip
        figure.add_trace(
            Scatter(
                x=[place.observed for place in places],
                y=names,
                mode="markers",
                marker={"color": colour, "size": 12, "symbol": symbol},
                customdata=[[place.expected, q_words(place.q_value or 0.0)] for place in places],
                hovertemplate="%{y}: %{x:,} papers, %{customdata[0]:,.1f} expected, "
                "%{customdata[1]}<extra></extra>",
                name=direction,
            )
        )
    figure.add_trace(
        Scatter(
            x=[place.expected for place in moved],
            y=[plain_text(place.label) for place in moved],
            mode="markers",
            marker={"color": quiet, "size": 9, "symbol": "circle-open"},
            hoverinfo="skip",
            name="expected from the two years before",
        )
    )
    figure.update_layout(
        height=ROW_HEIGHT_PX * max(4, len(moved)) + 90,
        shapes=lines,
        paper_bgcolor=paper,
        plot_bgcolor=paper,
        font={"family": FONT_FAMILY, "color": ink, "size": 12},
        margin={"l": 24, "r": 16, "t": 40, "b": 40},
        xaxis={
            "title": "papers", "rangemode": "tozero", "gridcolor": mix(paper, quiet, 0.25),
            "tickformat": ",d", "fixedrange": True, "zeroline": False,
        },
        dragmode=False,
        yaxis={
            "automargin": True, "ticksuffix": "  ", "fixedrange": True,
            "categoryorder": "array", "categoryarray": [plain_text(place.label) for place in moved],
            "showgrid": False,
        },
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
    )  # fmt: skip
    if not moved:
        said = "No topic moved by more than chance explains"
        figure.add_annotation(
            text=said if movement.comparable else "Too few papers to compare", showarrow=False, x=0.5, y=0.5,
            xref="paper", yref="paper", font={"color": quiet},
        )  # fmt: skip
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
    return figure
