"""Parts of the Trends page that stand whatever is chosen: the shift, what emerges, what was harvested."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from charts.history import papers_by_quarter
from charts.trends import COLOURS, shift_figure
from export.tables_csv import shift_csv
from foundation.clock import utc_now
from landscape.harvested import QuarterCoverage
from landscape.quarters import Quarter
from landscape.shift import Shift
from landscape.trends import TrendBase
from taxonomy.models import Taxonomy
from views.through_time import emerging
from views.widgets.markup import percent, render
from views.widgets.time_style import plain_chart

EMERGING_SHOWN = 8


def shift_section(shift: Shift) -> None:
    """The share of language-model papers by venue and year.

    Args:
        shift: Counts.
    """
    st.html(
        render("shift_head.html", venues=len(shift.venues), most=len(COLOURS), waiting=shift.n_unclassified)
    )
    if not shift.venues:
        return
    plain_chart(
        shift_figure(shift, dark=st.context.theme.type == "dark"),
        key="shift_figure",
        alt="Share of language-model papers by venue and year. The table after it says the same.",
    )
    rows = [
        {
            "venue": venue.venue,
            "points": [
                {
                    "share": None if point.share is None else percent(point.share),
                    "interval": ""
                    if point.low is None or point.high is None
                    else f"{point.low * 100:.0f}–{point.high * 100:.0f}",
                    "n_relevant": point.n_relevant,
                    "n_classified": point.n_classified,
                    "state": point.harvested,
                    "note": point.note,
                }
                for point in venue.points
            ],
        }
        for venue in shift.venues
    ]
    st.html(render("shift_table.html", years=shift.years, rows=rows))
    st.download_button(
        "CSV",
        data=lambda: shift_csv(shift),
        file_name=f"language-model-share-{utc_now():%Y-%m-%d}.csv",
        mime="text/csv; charset=utf-8",
        icon=":material/download:",
        on_click="ignore",
        key="shift_csv",
    )


def emerging_section(taxonomy: Taxonomy) -> None:
    """Groups of like papers that no topic holds; nothing where nobody has looked for them.

    Args:
        taxonomy: Labels of cells.
    """
    discovery, groups = emerging()
    if discovery is None:
        return
    st.html(
        render(
            "trend_emerging.html",
            when=f"{discovery.at:%-d %B %Y}",
            papers=discovery.papers,
            more=max(0, len(groups) - EMERGING_SHOWN),
            groups=[
                {
                    "name": group.name,
                    "cell": taxonomy.cell_label(group.cell) if group.cell in taxonomy.cells else group.cell,
                    "href": f"./?cell={group.cell}",
                    "n_papers": group.n_papers,
                    "growth": times(group.growth),
                    "phrases": ", ".join(phrase for phrase, _ in group.phrases[:6]),
                }
                for group in groups[:EMERGING_SHOWN]
            ],
        )
    )


@dataclass(frozen=True)
class _SourceQuarter:
    quarter: Quarter
    n_new: int
    coverage: QuarterCoverage


@dataclass(frozen=True)
class _Source:
    source: str | None
    frames: tuple[_SourceQuarter, ...]


def sources_section(base: TrendBase) -> None:
    """What lies under every line: papers by quarter and source, and what was never harvested.

    Args:
        base: Counts.
    """
    groups = base.groups["source"]
    if not groups:
        return
    sources = [
        _Source(
            group.name,
            tuple(
                _SourceQuarter(quarter, (group.tally.get(quarter) or (0,))[0], group.coverage(quarter))
                for quarter in base.quarters
            ),
        )
        for group in groups
    ]
    st.html(render("trend_sources.html"))
    plain_chart(
        papers_by_quarter(sources, dark=st.context.theme.type == "dark"),
        key="source_figure",
        alt="Papers on the landscape by quarter, source by source; quarters not harvested are hatched.",
    )


def times(growth: float | None) -> str:
    """Growth over twelve months as a reader says it; empty where it is not known.

    Args:
        growth: Papers of the last 12 months over the 12 before.
    """
    return "" if growth is None else f"×{growth:.1f}" if growth < 9.95 else f"×{growth:.0f}"
