"""What readers keep beside a paper: tags, reading lists, notes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st
from sqlmodel import Session

from db.shelf import Shelf, add_note, add_tag, remove_from_list, remove_note, remove_tag, shelf_of
from foundation.clock import utc_now
from landscape.links import LandscapeState
from views.access import change, changing, may_write, reader
from views.address import PageState
from views.cached import store
from views.widgets.list_form import list_form
from views.widgets.markup import render

_TAG, _NOTE = "shelf_tag", "shelf_note"


def shelf(paper: str) -> None:
    """Show what is kept beside a paper, and let the reader keep more.

    Args:
        paper: An id of it.
    """
    with store().read() as session:
        kept = shelf_of(session, paper)
    st.html(render("shelf.html", kept=kept, tags=_tag_links(kept), lists=_list_links(kept)))
    if not may_write():
        return
    with st.container(key="shelf", horizontal=True, vertical_alignment="center"):
        with st.popover("Tag", icon=":material/sell:", key="shelf_tags"):
            st.text_input("New tag", key=_TAG, max_chars=60, on_change=lambda: _tag(paper))
            for number, tag in enumerate(kept.tags, 1):
                st.button(
                    f"Remove tag {number}",
                    key=f"untag {tag}",
                    help=f"The {number}. of the tags above.",
                    on_click=_untag(paper, tag),
                )
        with st.popover("Reading list", icon=":material/bookmark_add:", key="shelf_lists"):
            list_form("shelf", [paper], {each.id for each in kept.lists})
            for number, each in enumerate(kept.lists, 1):
                st.button(f"Take off list {number}", key=f"off {each.id}", on_click=_unlist(paper, each.id))
        with st.popover("Note", icon=":material/edit_note:", key="shelf_notes"):
            st.text_area("New note", key=_NOTE, max_chars=5_000)
            st.button("Keep the note", key="shelf_keep_note", type="primary", on_click=lambda: _note(paper))
            for number, note in enumerate(kept.notes, 1):
                st.button(
                    f"Throw note {number} away",
                    key=f"note {note.id}",
                    on_click=_unnote(note.id),
                )


def _tag_links(kept: Shelf) -> list[dict[str, str]]:
    return [
        {"label": tag, "href": "papers" + PageState(landscape=LandscapeState(tag=tag)).query()}
        for tag in kept.tags
    ]


def _list_links(kept: Shelf) -> list[dict[str, str]]:
    bare = LandscapeState()
    return [
        {
            "label": each.name,
            "href": "papers" + PageState(landscape=replace(bare, reading_list=each.id)).query(),
        }
        for each in kept.lists
    ]


def _tag(paper: str) -> None:
    word = str(st.session_state[_TAG]).strip()
    if word:
        change(lambda session: add_tag(session, paper, word, by=reader(), at=utc_now()), "Tag kept.")
        st.session_state[_TAG] = ""


def _note(paper: str) -> None:
    text = str(st.session_state[_NOTE])
    if not text.strip():
        return

    def act(session: Session) -> int:
        return add_note(session, paper, text, by=reader(), at=utc_now())

    if change(act, "Note kept.") is not None:
        st.session_state[_NOTE] = ""


def _untag(paper: str, tag: str) -> Callable[[], None]:
    return changing(lambda session: remove_tag(session, paper, tag), "Tag removed.")


def _unlist(paper: str, number: int) -> Callable[[], None]:
    return changing(lambda session: remove_from_list(session, number, paper), "Taken off the list.")


def _unnote(number: int) -> Callable[[], None]:
    return changing(lambda session: remove_note(session, number), "Note thrown away.")
