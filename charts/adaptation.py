"""Memory of serving and training a base model, term by term, as stacked bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from charts.theme import FONT_FAMILY, ground, mix, plain_text
from guidance.memory_types import MemoryEstimate

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Hues far apart for those who see few colours (Okabe and Ito, "Color Universal Design", 2008).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C8C8C", "#F0E442", "#5B4B8A")
LIMIT_COLOUR = "#C0392B"


def memory_bars(
    estimates: Sequence[tuple[str, MemoryEstimate]], *, at_hand_gb: float | None = None, dark: bool = False
) -> Figure:
    """Draw estimates as bars from top to bottom.

    Args:
        estimates: Label and terms of each bar.
        at_hand_gb: Memory at hand, drawn as a line; None where nobody said.
        dark: Whether it lies on a dark page.

    Returns:
        The figure.
    """
    from plotly.graph_objects import Bar, Figure

    names = list(dict.fromkeys(_kind(term.name) for _, estimate in estimates for term in estimate.terms))
    ink, paper, quiet = ground(dark=dark)
    figure = Figure()
    for index, name in enumerate(names):
        sums, told = [], []
        for _, estimate in estimates:
            terms = [term for term in estimate.terms if _kind(term.name) == name]
            sums.append(sum(term.gb for term in terms))
            told.append("<br>".join(plain_text(f"{term.formula} [{term.source}]") for term in terms))
        figure.add_trace(
            Bar(
                name=name,
                orientation="h",
                y=[plain_text(label) for label, _ in estimates],
                x=sums,
                customdata=told,
                marker={"color": COLOURS[index % len(COLOURS)]},
                hovertemplate=f"{name}: %{{x:,.2f}} GB<br>%{{customdata}}<extra></extra>",
            )
        )
    marks = []
    if at_hand_gb:
        line = {"color": LIMIT_COLOUR, "width": 2, "dash": "dash"}
        marks = [
            {
                "type": "line",
                "x0": at_hand_gb,
                "x1": at_hand_gb,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": line,
            }
        ]
    notes = [
        {
            "x": estimate.total_gb,
            "y": plain_text(label),
            "text": f"{estimate.total_gb:,.1f} GB",
            "xanchor": "left",
            "xshift": 4,
            "showarrow": False,
            "font": {"color": ink},
        }
        for label, estimate in estimates
    ]
    if at_hand_gb:
        notes.append(
            {
                "x": at_hand_gb,
                "y": 1,
                "yref": "paper",
                "text": f"at hand: {at_hand_gb:,.0f} GB",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"color": LIMIT_COLOUR},
            }
        )
    widest = max((estimate.total_gb for _, estimate in estimates), default=1.0)
    figure.update_layout(
        barmode="stack",
        height=162 + 38 * len(estimates),
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        paper_bgcolor=paper,
        plot_bgcolor=paper,
        font={"family": FONT_FAMILY, "color": ink, "size": 12},
        legend={"orientation": "h", "y": -0.1, "traceorder": "normal"},
        dragmode=False,
        shapes=marks,
        annotations=notes,
        xaxis={
            "fixedrange": True,
            "range": [0, max(widest, at_hand_gb or 0.0) * 1.14],
            "gridcolor": mix(paper, quiet, 0.25),
            "ticksuffix": " GB",
        },
        yaxis={"fixedrange": True, "autorange": "reversed", "automargin": True, "ticklabelstandoff": 6},
        meta={
            "alt": "Memory in GB: "
            + "; ".join(f"{label} {estimate.total_gb:,.1f}" for label, estimate in estimates)
            + (f"; at hand {at_hand_gb:,.0f}" if at_hand_gb else "")
        },
    )
    return figure


def _kind(name: str) -> str:
    """Terms of one kind share a colour: frozen and trained weights are told apart, adapters joined."""
    return "adapters" if name.startswith("adapter ") else name.partition(",")[0]
