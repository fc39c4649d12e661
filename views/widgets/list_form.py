"""Putting papers on a reading list, an old one or a new one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st
from sqlmodel import Session

from db.shelf import add_to_list, make_list
from foundation.clock import utc_now
from views.access import change, reader
from views.cached import all_lists
from views.widgets.markup import plural


def list_form(key: str, papers: Sequence[str], already_on: Collection[int] = ()) -> None:
    """Ask for a list and put papers on it.

    Args:
        key: Of the widgets.
        papers: Ids of the papers.
        already_on: Lists that need not be offered.
    """
    names = {each.id: each.name for each in all_lists() if each.id not in already_on}
    old_key, new_key = f"{key}_old", f"{key}_new"

    def add() -> None:
        name, known = str(st.session_state[new_key]).strip(), st.session_state.get(old_key)
        if not name and known is None:
            return

        def act(session: Session) -> int:
            number = make_list(session, name, by=reader(), at=utc_now()) if name else int(known or 0)
            return add_to_list(session, number, papers, at=utc_now())

        if change(act, f"{plural(len(papers))} now on “{name or names[int(known or 0)]}”.") is not None:
            st.session_state[new_key] = ""

    if names:
        st.selectbox("Put on", list(names), key=old_key, format_func=lambda each: names[each], index=None)
    st.text_input("Or on a new list", key=new_key, max_chars=120)
    st.button("Add to the list", key=f"{key}_add", type="primary", on_click=add)
