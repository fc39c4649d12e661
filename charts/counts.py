"""Papers by year of publication, as a small figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from charts.theme import FONT_FAMILY, ground, mix

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BAR, DARK_BAR = "#4472C4", "#8FAADC"  # the blue of the published column heads, and its light form


def papers_by_year(
    by_year: Sequence[tuple[int | None, int]], *, dark: bool = False, height_px: int = 180
) -> Figure:
    """Draw papers by year of publication.

    Every year between the first and the last stands on the axis, also one without papers, so that
    a gap is seen as a gap.

    Args:
        by_year: Year and number of papers, as `LandscapeSnapshot.by_year` has them; None for
            papers without a year, which are told in a note.
        dark: Whether it lies on a dark page.
        height_px: Height of the figure; its width follows its place.

    Returns:
        The figure; empty axes where no paper has a year.
    """
    from plotly.graph_objects import Bar, Figure

    counts = {year: count for year, count in by_year if year is not None}
    undated = sum(count for year, count in by_year if year is None)
    years = list(range(min(counts), max(counts) + 1)) if counts else []
    ink, paper, quiet = ground(dark=dark)
    figure = Figure(
        Bar(
            x=years,
            y=[counts.get(year, 0) for year in years],
            marker={"color": DARK_BAR if dark else BAR},
            hovertemplate="%{x}: %{y:,} papers<extra></extra>",
        )
    )
    note = f"{undated:,} without a year" if undated else ""
    figure.update_layout(
        height=height_px,
        margin={"l": 44, "r": 8, "t": 20, "b": 24},
        paper_bgcolor=paper,
        plot_bgcolor=paper,
        font={"family": FONT_FAMILY, "color": ink, "size": 12},
        showlegend=False,
        bargap=0.15,
        dragmode=False,
        hovermode="closest",
        # Whole years only: with few of them plotly would label halves.
        xaxis={"fixedrange": True, "tickformat": "d", "showgrid": False, "dtick": _year_step(len(years))},
        yaxis={
            "fixedrange": True,
            "rangemode": "tozero",
            "gridcolor": mix(paper, quiet, 0.25),
            "nticks": 4,
            "tickformat": ",d",
        },
        annotations=[
            {
                "text": note,
                "xref": "paper",
                "yref": "paper",
                "x": 0,
                "y": 1,
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 11, "color": quiet},
            }
        ]
        if note
        else [],
    )
    return figure


def _year_step(count: int) -> int:
    """Years between two ticks, so that about twelve labels stand on the axis."""
    return next((step for step in (1, 2, 5, 10, 20) if count <= 12 * step), 50)
