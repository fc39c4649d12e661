"""The list that an address asks for, from what is kept in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from db.shelf import list_paper_ids, tagged_paper_ids
from landscape.meaning import meaning_order
from landscape.papers import ListQuery, list_order, list_page
from landscape.types import LandscapeFilter, PaperPage, PaperRow
from taxonomy.models import Taxonomy
from views.address import PageState
from views.cached import Counted, counted, store, title_rank
from views.meaning import has_vectors, meaning_index, meaning_of

if TYPE_CHECKING:
    from db.engine import Store
    from landscape.columns import Integers

EXPORT_LIMIT = 20_000  # papers of one file; more than any reference manager takes at once
_ORDERS_KEPT = 48  # eight bytes a paper of the list


def page_of(state: PageState, taxonomy: Taxonomy, papers_a_page: int) -> PaperPage:
    """The page of the list that the address names.

    Args:
        state: What the reader is looking at.
        taxonomy: The grid in force.
        papers_a_page: Rows of a page.
    """
    found = listed_from(state)
    order = order_of(state, found)
    with store().read() as session:
        return list_page(
            session,
            taxonomy,
            found.columns,
            order,
            limit=papers_a_page,
            offset=(state.landscape.page - 1) * papers_a_page,
        )


def all_of(state: PageState, taxonomy: Taxonomy, limit: int = EXPORT_LIMIT) -> tuple[PaperRow, ...]:
    """Every paper of the list, for files.

    Args:
        state: What the reader is looking at.
        taxonomy: The grid in force.
        limit: Rows at most.
    """
    found = listed_from(state)
    with store().read() as session:
        return list_page(session, taxonomy, found.columns, order_of(state, found), limit=limit).rows


def by_meaning(state: PageState) -> bool:
    """Whether the list holds what means the same as the words, in place of what holds them."""
    return state.landscape.by_meaning and has_vectors()


def listed_from(state: PageState) -> Counted:
    """The papers that the list is taken from; for a search by meaning the words are no filter.

    Args:
        state: What the reader is looking at.
    """
    chosen = state.landscape.filter
    return counted(replace(chosen, words="") if by_meaning(state) else chosen, state.as_of)


def order_of(state: PageState, found: Counted) -> Integers:
    """The whole list as indexes into the columns.

    Args:
        state: What the reader is looking at.
        found: The papers under its filter.
    """
    asked = state.landscape
    only: tuple[int, ...] | None = None
    if asked.reading_list is not None or asked.tag:
        with store().read() as session:
            lists = [list_paper_ids(session, asked.reading_list)] if asked.reading_list is not None else []
            lists += [tagged_paper_ids(session, asked.tag)] if asked.tag else []
        only = tuple(paper for paper in lists[0] if all(paper in other for other in lists[1:]))
    query = ListQuery(
        cell=asked.cell,
        topic=asked.topic,
        without_topic=state.without_topic,
        only=only,
        sort=asked.sort,
        words=asked.filter.words,
    )
    if by_meaning(state):
        return _meaning_order(found.token, asked.filter, query, found, store())
    return _order(found.token, asked.filter, query, found, store())


@st.cache_resource(show_spinner=False, max_entries=_ORDERS_KEPT)
def _order(
    token: int, chosen: LandscapeFilter, query: ListQuery, _found: Counted, _opened: Store
) -> Integers:
    rank = title_rank(_found) if query.sort == "title" else None
    with _opened.read() as session:
        return list_order(session, _found.columns, _found.mask, query, rank)


@st.cache_resource(show_spinner=False, max_entries=_ORDERS_KEPT)
def _meaning_order(
    token: int, chosen: LandscapeFilter, query: ListQuery, _found: Counted, _opened: Store
) -> Integers:
    import numpy as np

    listed = _order(token, replace(chosen, words=""), replace(query, words=""), _found, _opened)
    index = meaning_index()
    if index is None:  # taken out of the store a moment ago
        return listed[:0]
    with _opened.read() as session:
        near = meaning_order(session, index, _found.columns, meaning_of(query.words), query.words)
    first, second = (near, listed) if query.sort == "score" else (listed, near)
    both = np.zeros(len(_found.columns), dtype=bool)
    both[second] = True
    return first[both[first]]
