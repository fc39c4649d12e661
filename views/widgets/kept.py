"""Reading lists, tags and saved searches: opened, made and thrown away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st
from sqlmodel import Session

from db.searches import delete_search, list_searches, mark_found, save_search
from db.shelf import known_tags, remove_list
from foundation.clock import utc_now
from foundation.errors import LandscapeError
from landscape.links import LandscapeState
from landscape.saved_search import read_criteria
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy
from views.access import change, changing, may_write
from views.address import PageState, go
from views.cached import all_lists, counted, store
from views.listing import order_of
from views.widgets.markup import plural, render

_NAME = "search_name"
TAGS_SHOWN = 40


def kept_button(state: PageState) -> None:
    """The button behind which everything lies that readers keep.

    Args:
        state: What the reader is looking at.
    """
    with store().read() as session:
        searches, tags = list_searches(session), known_tags(session)
    lists = all_lists()
    with st.popover("Kept", icon=":material/bookmarks:", key="kept"):
        groups = [
            ("Reading lists", [_link(each.name, each.n_papers, _list(each.id)) for each in lists]),
            ("Saved searches", [_link(each.name, None, _search(each.criteria)) for each in searches]),
            ("Tags", [_link(tag, count, _tagged(tag)) for tag, count in tags[:TAGS_SHOWN]]),
        ]
        st.html(render("kept.html", groups=[{"label": label, "links": links} for label, links in groups]))
        if not may_write():
            return
        st.text_input("Save this search as", key=_NAME, max_chars=100, on_change=lambda: _save(state))
        opened = next((each for each in lists if each.id == state.landscape.reading_list), None)
        if opened is not None:
            st.button("Throw this reading list away", key="drop_list", on_click=lambda: _drop(opened.id))
        same = next((each for each in searches if _search(each.criteria) == _bare(state)), None)
        if same is not None:
            st.button(
                "Forget this saved search",
                key="drop_search",
                on_click=changing(lambda session: delete_search(session, same.name), "Search forgotten."),
            )


def _link(name: str, count: int | None, state: PageState) -> dict[str, str]:
    return {
        "label": name,
        "count": "" if count is None else plural(count),
        "href": state.query(),
    }


def _list(number: int) -> PageState:
    return PageState(landscape=LandscapeState(reading_list=number))


def _tagged(tag: str) -> PageState:
    return PageState(landscape=LandscapeState(tag=tag))


def _search(criteria: dict[str, Any]) -> PageState:
    try:
        asked = read_criteria(criteria, load_taxonomy())
    except LandscapeError:  # saved by a newer version: shown, and opens the whole list
        return PageState()
    return PageState(landscape=LandscapeState(cell=asked.cell, topic=asked.topic, filter=asked.filter))


def _bare(state: PageState) -> PageState:
    asked = state.landscape
    return PageState(landscape=LandscapeState(cell=asked.cell, topic=asked.topic, filter=asked.filter))


def _save(state: PageState) -> None:
    name = str(st.session_state[_NAME]).strip()
    asked = _bare(state)
    if not name:
        return
    chosen: LandscapeFilter = asked.landscape.filter
    criteria = {
        "cell": asked.landscape.cell,
        "topic": asked.landscape.topic,
        **{key: list(value) if isinstance(value, tuple) else value for key, value in vars(chosen).items()},
    }
    given = {key: value for key, value in criteria.items() if value not in (None, [], "", 0.0)}
    found = counted(chosen, None)
    papers = found.columns.paper_id[order_of(asked, found)].tolist()

    def act(session: Session) -> int:
        saved = save_search(session, name, given, at=utc_now())
        # What it finds at once is its beginning; only later papers are news.
        mark_found(session, saved.id, papers, at=None)
        return saved.id

    if change(act, "Search saved: what is new to it shows in its feed and digest.") is not None:
        st.session_state[_NAME] = ""


def _drop(number: int) -> None:
    if change(lambda session: remove_list(session, number), "Reading list thrown away."):
        go(replace(PageState(), landscape=LandscapeState()))
