"""Papers that a reader picked from lists: a checkbox a row, and what to do with what was picked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from landscape.types import PaperRow
from views.access import may_write
from views.widgets.downloads import paper_downloads
from views.widgets.list_form import list_form
from views.widgets.markup import plural

_PICKED = "picked"
MOST_PICKED = 2_000  # more is a filter, and the list as a whole can be saved


def picked() -> list[str]:
    """Ids of the papers that were picked, in the order of picking."""
    return list(st.session_state.get(_PICKED, ()))


def checkbox(row: PaperRow, number: int) -> None:
    """The checkbox of a row.

    Args:
        row: The paper.
        number: Its number in the list: titles are data and checkboxes read Markdown.
    """
    key = f"pick {row.id}"
    st.session_state[key] = row.id in st.session_state.get(_PICKED, {})

    def turn() -> None:
        _set([row.id], on=bool(st.session_state[key]))

    st.checkbox(f"Select paper {number}", key=key, label_visibility="collapsed", on_change=turn)


def picks_bar(rows: Sequence[PaperRow], load: Callable[[list[str]], tuple[PaperRow, ...]]) -> None:
    """What can be done with the papers that were picked.

    Args:
        rows: The page that is shown.
        load: Rows of papers by id.
    """
    chosen = picked()
    here = [row.id for row in rows]
    with st.container(key="picks", horizontal=True, vertical_alignment="center"):
        if here and not set(here) <= set(chosen):
            st.button(
                f"Select these {len(here)}",
                key="pick_page",
                type="tertiary",
                on_click=lambda: _set(here, on=True),
            )
        if not chosen:
            return
        st.html(f'<span class="ls-picked" role="status">{plural(len(chosen))} selected</span>')
        with st.popover(
            "Reading list", icon=":material/bookmark_add:", key="picks_list", disabled=not may_write()
        ):
            list_form("picks", chosen)
        paper_downloads("selection", lambda: load(chosen), name="selection")
        st.button("Clear", key="pick_none", type="tertiary", on_click=lambda: _set(chosen, on=False))


def _set(ids: Sequence[str], *, on: bool) -> None:
    known: dict[str, None] = dict.fromkeys(st.session_state.get(_PICKED, ()))
    for each in ids:
        if on and len(known) < MOST_PICKED:
            known[each] = None
        elif not on:
            known.pop(each, None)
    st.session_state[_PICKED] = known
