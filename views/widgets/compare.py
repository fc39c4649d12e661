"""Two dates beside each other: what is chosen, and what came of it in a line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from charts.theme import MOVEMENT_MARKS
from foundation.clock import utc_now
from landscape.links import CompareBy
from landscape.movement import Direction, Movement
from views.address import PageState, go
from views.widgets.markup import plural, render

BASES: dict[CompareBy, str] = {"published": "By publication", "known": "As this store knew it"}
_BASIS, _FIRST, _LAST = "compare_basis", "compare_first", "compare_last"
EARLIEST = date(1990, 1, 1)
SHOWN_NAMES = 4
SHOWN_DIRECTIONS: tuple[Direction, ...] = ("rising", "fading", "new")


def compare_button(state: PageState, *, label: str = "Compare") -> None:
    """The button behind which two dates are chosen.

    Args:
        state: What the reader is looking at.
        label: Of the button.
    """
    today = utc_now().date()
    span = state.landscape.compare
    first, last = span or (today - timedelta(days=365), today)
    st.session_state[_BASIS] = state.landscape.compare_by
    st.session_state[_FIRST], st.session_state[_LAST] = first, last

    def read() -> None:
        values = st.session_state
        days = values[_FIRST], values[_LAST]
        if None not in days and days[0] < days[1]:
            go(state.compared(days, values[_BASIS]))

    with st.popover(label, icon=":material/compare_arrows:", key="compare"):
        st.segmented_control(
            "What is compared",
            list(BASES),
            key=_BASIS,
            format_func=lambda name: BASES[name],
            required=True,
            on_change=read if span else None,
            help="Publication tells how the field moved; the store's own knowledge also tells what a "
            "harvest or a new classifier brought.",
        )
        one, other = st.columns(2)
        latest = max(today, last)
        for column, name, key in ((one, "Earlier day", _FIRST), (other, "Later day", _LAST)):
            column.date_input(
                name,
                key=key,
                min_value=EARLIEST,
                max_value=latest,
                format="YYYY-MM-DD",
                on_change=read if span else None,
            )
        if st.session_state[_FIRST] >= st.session_state[_LAST]:
            st.caption("The later day must lie after the earlier one.")
        if span is None:
            st.button("Compare", key="compare_now", type="primary", on_click=read)
        else:
            st.button("Stop comparing", key="compare_stop", on_click=lambda: go(state.compared(None)))


def comparison_summary(moved: Movement, state: PageState) -> str:
    """What moved, in a line with links.

    Args:
        moved: The comparison.
        state: What the reader is looking at.

    Returns:
        Escaped HTML.
    """
    span = f"{moved.before:%-d %b %Y} – {moved.after:%-d %b %Y}"
    facts = [f"{plural(moved.n_new)} arrived on the landscape"]
    if moved.n_relabelled:
        facts.append(f"{moved.n_relabelled:,} stand elsewhere")
    if moved.n_late:
        facts.append(f"{moved.n_late:,} late, {moved.n_undated:,} undated: counted, not compared")
    if not moved.comparable:
        facts.append("too few papers on both sides to call anything rising or fading")
    directions = []
    for direction in SHOWN_DIRECTIONS:
        places = moved.moved(direction)
        if places:
            directions.append(
                {
                    "mark": MOVEMENT_MARKS[direction],
                    "word": direction,
                    "links": [
                        {"label": place.label, "href": state.opened(topic=place.id).query()}
                        for place in places[:SHOWN_NAMES]
                    ],
                    "more": len(places) - SHOWN_NAMES,
                }
            )
    days = moved.before.date(), moved.after.date()
    story = replace(state.opened().compared(days, state.landscape.compare_by), as_table=False)
    return render(
        "comparison.html",
        span=span,
        basis=BASES[state.landscape.compare_by].lower(),
        facts=facts,
        directions=directions,
        story_href=f"moved{story.query()}",
        stop_href=state.compared(None).query(),
    )
