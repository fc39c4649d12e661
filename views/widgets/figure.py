"""The landscape as a figure that answers clicks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from charts.landscape import landscape_figure
from foundation.clock import utc_now
from landscape.layout import SlideLayout
from landscape.links import ColourBy
from landscape.movement import Movement
from landscape.types import LandscapeFilter, LandscapeSnapshot
from views.address import PageState, go
from views.cached import Counted

FIGURES_KEPT = 24  # more would slow the collector more than drawing them anew
_KEY = "landscape_figure"
_WIDTH_PX, _HEIGHT_PX = 1200, 675  # style.css fits this size to the window


def figure(
    state: PageState,
    counted: Counted,
    layout: SlideLayout,
    *,
    newest: Mapping[str, Sequence[str]],
    moved: Movement | None,
) -> None:
    """Draw the figure; a click on a chip or a cell opens it.

    Args:
        state: What the reader is looking at.
        counted: The papers that count.
        layout: Where everything stands.
        newest: Titles of the newest papers by cell and topic id.
        moved: What moved between the two dates that are compared, or None.
    """

    def picked() -> None:
        selected = picked_id(st.session_state.get(_KEY))
        if selected is not None:
            go(opened(state, selected))

    asked = state.landscape
    drawn = _drawn(
        counted.token,
        utc_now().date(),
        asked.filter,
        asked.colour_by,
        st.context.theme.type == "dark",
        state.selected,
        (asked.compare, asked.compare_by) if moved else None,
        counted.snapshot,
        layout,
        newest,
        moved,
    )
    with st.container(key="figure"):
        st.plotly_chart(
            drawn,
            key=_KEY,
            theme=None,
            width=_WIDTH_PX,
            height=_HEIGHT_PX,
            on_select=picked,
            selection_mode="points",
            config={"displayModeBar": False, "scrollZoom": False, "doubleClick": False},
            alt=f"{drawn.layout.meta['alt']} The table after it says the same in text, with links.",
        )


# A figure costs more than everything else on the page, and most readers look at the same ones. What
# is kept is shared by all and never changed.
@st.cache_resource(show_spinner=False, max_entries=FIGURES_KEPT)
def _drawn(
    token: int,
    today: date,
    chosen: LandscapeFilter,
    colour_by: ColourBy,
    dark: bool,
    selected: str | None,
    compared: tuple[object, ...] | None,
    _counted: LandscapeSnapshot,
    _layout: SlideLayout,
    _newest: Mapping[str, Sequence[str]],
    _moved: Movement | None,
) -> Any:
    return landscape_figure(
        _counted,
        _layout,
        colour_by=colour_by,
        dark=dark,
        selected=selected,
        width_px=_WIDTH_PX,
        newest=_newest,
        moved=_moved,
    )


def opened(state: PageState, selected: str) -> PageState:
    """The page after a click on a cell or a topic."""
    if selected.count("/") == 2:
        return state.opened(topic=selected)
    return state.opened(cell=selected)


def picked_id(event: Any) -> str | None:
    """Read what a click hit.

    Args:
        event: What the figure's widget holds: `{"selection": {"points": [...]}}`.

    Returns:
        Id of a topic or a cell, or None where nothing was hit.
    """
    points = event["selection"]["points"] if event else []
    for point in points:
        data = point.get("customdata")
        value = data[0] if isinstance(data, list) and data else data
        if isinstance(value, str) and value.count("/") in (1, 2):
            return value
    return None
