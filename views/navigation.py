"""Which pages there are. A new page is one line in `_PAGES`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from taxonomy.loader import load_taxonomy
from views import (
    adaptation,
    knowledge,
    landscape,
    map_address,
    moved,
    moved_address,
    papers,
    review,
    status,
    trend_address,
    trends,
)
from views import map as paper_map
from views.address import KNOWLEDGE_PATH
from views.cached import StoreOpener, open_with
from views.widgets.frame import framed


@dataclass(frozen=True)
class _Entry:
    show: Callable[[], None]
    title: str
    icon: str
    path: str  # empty for the page at /
    founding_only: bool = False  # speaks of the published grid, and would mislead beside another


ICON = str(Path(__file__).with_name("icon.svg"))  # an icon by name would be fetched from elsewhere

_PAGES = (
    _Entry(landscape.show, "Landscape", ":material/grid_view:", ""),
    _Entry(trends.show, "Trends", ":material/show_chart:", trend_address.PATH),
    _Entry(moved.show, "What moved", ":material/swap_vert:", moved_address.PATH),
    _Entry(papers.show, "Papers", ":material/article:", "papers"),
    _Entry(paper_map.show, "Map", ":material/scatter_plot:", map_address.PATH),
    _Entry(knowledge.show, "Knowledge", ":material/menu_book:", KNOWLEDGE_PATH),
    _Entry(adaptation.show, "Adapt", ":material/tune:", adaptation.PATH, founding_only=True),
    _Entry(review.show, "Review", ":material/rate_review:", review.PATH),
    _Entry(status.show, "Status", ":material/monitor_heart:", "status"),
)


def page_paths() -> tuple[str, ...]:
    """Addresses of all pages on the grid in force; empty for the one at /."""
    return tuple(entry.path for entry in _entries())


def _entries() -> tuple[_Entry, ...]:
    founding = load_taxonomy().is_founding
    return tuple(entry for entry in _PAGES if founding or not entry.founding_only)


def navigation(opener: StoreOpener) -> st.Page:
    """The page that the reader asked for, ready to run.

    Args:
        opener: Opens the store of some settings, filling an empty one. It comes from above:
            views and workflow do not know each other.

    Returns:
        The page; call its `run()`.
    """
    open_with(opener)
    return st.navigation(
        [
            st.Page(
                framed(entry.show),
                title=entry.title,
                icon=entry.icon,
                url_path=entry.path or None,
                default=not entry.path,
            )
            for entry in _entries()
        ],
        position="top",
    )
