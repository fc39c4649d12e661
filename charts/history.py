"""Papers on the chart by quarter of publication; what was not harvested is hatched, never a zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from charts.counts import BAR, DARK_BAR
from charts.theme import FONT_FAMILY, ground, mix, plain_text
from charts.trends import GAP_WORDS
from landscape.harvested import QuarterCoverage
from landscape.quarters import Quarter

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PANEL_HEIGHT_PX = 170


class CountedQuarter(Protocol):
    """One quarter of one source; `landscape.history.HistoryFrame` is one."""

    @property
    def quarter(self) -> Quarter:
        """Which."""

    @property
    def n_new(self) -> int:
        """Papers on the chart published in it."""

    @property
    def coverage(self) -> QuarterCoverage:
        """Whether it was harvested."""


class CountedSource(Protocol):
    """A source, or all; `landscape.history.History` is one."""

    @property
    def source(self) -> str | None:
        """Its name, or None for all together."""

    @property
    def frames(self) -> Sequence[CountedQuarter]:
        """Quarter by quarter."""


def papers_by_quarter(histories: Sequence[CountedSource], *, dark: bool = False) -> Figure:
    """Draw histories one under the other, source by source.

    Args:
        histories: One a panel, such as one a source; the quarters of all of them make the axis.
        dark: Whether they lie on a dark page.

    Returns:
        The figure: solid bars where a quarter was harvested whole; hatched ground where it was not, with
        a striped bar before it where it was in part.
    """
    from plotly.subplots import make_subplots

    ink, paper, quiet = ground(dark=dark)
    colour = DARK_BAR if dark else BAR
    quarters = sorted({frame.quarter for history in histories for frame in history.frames})
    labels = [quarter.label for quarter in quarters]
    figure = make_subplots(
        rows=max(1, len(histories)),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.3 / max(1, len(histories)),
        subplot_titles=[plain_text(history.source or "all sources") for history in histories],
    )
    for row, history in enumerate(histories, 1):
        most = max((frame.n_new for frame in history.frames), default=0) or 1
        notes = dict.fromkeys(labels, "no paper of this source")
        notes.update({frame.quarter.label: frame.coverage.note for frame in history.frames})
        whole = {frame.quarter.label for frame in history.frames if frame.coverage.state == "whole"}
        gaps = [label for label in labels if label not in whole]  # also quarters that no frame speaks of
        figure.add_bar(
            row=row,
            col=1,
            x=gaps,
            y=[most] * len(gaps),
            customdata=[plain_text(notes[label]) for label in gaps],
            hovertemplate="%{x}: not harvested, or in part<br>%{customdata}<extra></extra>",
            marker={
                "color": paper,
                "line": {"width": 0},
                "pattern": {"shape": "x", "fgcolor": mix(paper, quiet, 0.45), "bgcolor": paper, "size": 7},
            },
            name=GAP_WORDS["none"],
            legendgroup="none",
            showlegend=row == 1,
        )
        for state in ("whole", "part"):
            chosen = [frame for frame in history.frames if frame.coverage.state == state]
            figure.add_bar(
                row=row,
                col=1,
                x=[frame.quarter.label for frame in chosen],
                y=[frame.n_new for frame in chosen],
                customdata=[plain_text(frame.coverage.note or GAP_WORDS[state]) for frame in chosen],
                hovertemplate="%{x}: %{y:,} papers<br>%{customdata}<extra></extra>",
                marker={
                    "color": colour,
                    "pattern": {"shape": "/" if state == "part" else "", "fgcolor": paper, "size": 5},
                },
                name=GAP_WORDS[state],
                legendgroup=state,
                showlegend=row == 1,
            )
    figure.update_xaxes(
        categoryorder="array", categoryarray=labels, range=[-0.5, len(labels) - 0.5], showgrid=False,
        tickangle=-60, fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", gridcolor=mix(paper, quiet, 0.25), nticks=4, tickformat=",d")
    figure.update_layout(
        height=PANEL_HEIGHT_PX * max(1, len(histories)) + 110,
        barmode="overlay",
        paper_bgcolor=paper,
        plot_bgcolor=paper,
        font={"family": FONT_FAMILY, "color": ink, "size": 12},
        margin={"l": 56, "r": 8, "t": 64, "b": 64},
        legend={"orientation": "h", "y": 1.0, "yref": "container", "yanchor": "top"},
        bargap=0.15,
    )
    return figure
