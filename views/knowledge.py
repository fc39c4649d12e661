"""The Knowledge page: what topics and cells are about, and the models, methods and concepts behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from db.papers import find_paper_ids
from landscape.knowledge import KINDS, KnowledgeIndex, knowledge_index
from landscape.knowledge_search import NO_HITS, KnowledgeHits, knowledge_search
from landscape.knowledge_types import EntryView, PageView, PaperReference
from landscape.links import KnowledgeKind, KnowledgeState, LandscapeState
from landscape.types import LandscapeFilter
from taxonomy.knowledge import EntryKind
from taxonomy.loader import load_taxonomy
from views import paper
from views.address import PageState, go_to_knowledge, knowledge_href, read_knowledge_address
from views.cached import published_layout, snapshot, store
from views.widgets.knowledge import KIND_NAMES, KIND_NOUNS, KnowledgeParts
from views.widgets.markup import plural, render
from views.widgets.notices import nothing_here

_STYLE = Path(__file__).parent / "widgets" / "knowledge.css"
_WORDS = "knowledge_words"
_HITS_A_KIND = 6  # where every kind is shown; the rest is one link away
_SUGGESTIONS = 5


def show() -> None:
    """Draw the page."""
    st.html(_STYLE)
    index = knowledge_index()
    state = read_knowledge_address()
    if state.paper:
        _paper(state, index)
        return
    page = index.page(state.page) if state.page else None
    entry = index.entry(state.entry) if state.entry else None
    hits = knowledge_search().find(state.words) if state.words else NO_HITS
    opened: KnowledgeKind | None = "topic" if page else entry.entry.kind if entry else None
    _bar(state, index, hits, opened)
    parts = KnowledgeParts(index, published_layout(), state)
    if page:
        _page(page, parts, state)
    elif entry:
        _entry(entry, parts, state)
    else:
        _overview(state, index, hits, parts)


def _bar(
    state: KnowledgeState, index: KnowledgeIndex, hits: KnowledgeHits, opened: KnowledgeKind | None
) -> None:
    st.session_state[_WORDS] = state.words

    def search() -> None:
        words = str(st.session_state[_WORDS]).strip()
        go_to_knowledge(KnowledgeState(kind=state.kind if words else opened or state.kind, words=words))

    with st.container(key="bar", horizontal=True, vertical_alignment="center"):
        st.text_input(
            "Topics, models, methods and concepts",
            key=_WORDS,
            placeholder="Search topics, models, methods",
            icon=":material/search:",
            max_chars=200,
            label_visibility="collapsed",
            width=300,
            on_change=search,
        )
        st.html(_tabs(state, index, hits, opened))


def _tabs(
    state: KnowledgeState, index: KnowledgeIndex, hits: KnowledgeHits, opened: KnowledgeKind | None
) -> str:
    tabs: list[dict[str, Any]] = []
    if state.words:
        tabs.append({"kind": None, "label": "All", "count": hits.total})
    tabs += [
        {
            "kind": kind,
            "label": label,
            "count": hits.count(kind)
            if state.words
            else len(index.places)
            if kind == "topic"
            else len(index.of_kind(kind)),
        }
        for kind, label in KIND_NAMES.items()
    ]
    chosen = opened or state.kind or (None if state.words else "topic")
    for tab in tabs:
        tab["current"] = tab["kind"] == chosen
        kind = None if tab["kind"] == "topic" and not state.words else tab["kind"]
        tab["href"] = knowledge_href(KnowledgeState(kind=kind, words=state.words))
    return render("knowledge_tabs.html", tabs=tabs)


def _overview(
    state: KnowledgeState, index: KnowledgeIndex, hits: KnowledgeHits, parts: KnowledgeParts
) -> None:
    asked = state.entry or state.page
    if asked:
        _unknown(asked, parts)
    if state.words:
        _hits(state, hits, parts)
    elif state.kind in (None, "topic"):
        st.html(parts.head("Knowledge", "What each part of the landscape is about, and where to begin."))
        st.html(parts.grid())
    else:
        kind: EntryKind = state.kind  # type: ignore[assignment]
        groups = index.groups(kind)
        st.html(parts.head(KIND_NAMES[kind], ""))
        st.html(parts.groups(groups))


def _hits(state: KnowledgeState, hits: KnowledgeHits, parts: KnowledgeParts) -> None:
    kinds = hits.kinds if state.kind is None else tuple(kind for kind in hits.kinds if kind == state.kind)
    noun = "entry" if state.kind is None else KIND_NOUNS[state.kind]
    if not kinds:
        elsewhere = {
            f"{plural(hits.count(kind), KIND_NOUNS[kind])}": knowledge_href(replace(state, kind=kind))
            for kind in hits.kinds
        }
        nothing_here(
            f"No {noun} matches “{state.words}”",
            ["Other kinds have hits:" if elsewhere else "Try fewer words, or another name for it."],
            elsewhere or {"Show everything": knowledge_href(KnowledgeState(kind=state.kind))},
        )
        return
    limit = _HITS_A_KIND if state.kind is None and len(kinds) > 1 else None
    st.html(parts.hits(hits, kinds, limit))


def _unknown(asked: str, parts: KnowledgeParts) -> None:
    words = asked.rpartition("/")[2].split("-")
    tries = (knowledge_search().find(" ".join(words[:end])) for end in range(len(words), 0, -1))
    found = next((hits for hits in tries if hits.total), NO_HITS)
    links = {place.label: parts.page_href(place.id) for place in found.places}
    links |= {entry.name: parts.entry_href(entry.id) for kind in KINDS for entry in found.entries[kind]}
    nothing_here(
        "This link names something that is not known here",
        [f"“{asked}” is no topic, cell, model, method or concept." + (" Perhaps:" if links else "")],
        dict(list(links.items())[:_SUGGESTIONS]),
    )


def _page(page: PageView, parts: KnowledgeParts, state: KnowledgeState) -> None:
    counted = snapshot(LandscapeFilter(), None)
    place = page.place
    n_papers = (counted.cell(place.id) if place.is_cell else counted.topic(place.id)).n_papers
    known = _in_store([*page.start_with, *page.papers.values()])
    st.html(parts.page(page, n_papers=n_papers, known=known))


def _entry(view: EntryView, parts: KnowledgeParts, state: KnowledgeState) -> None:
    counted = snapshot(LandscapeFilter(), None)
    n_papers = {
        place.id: (counted.cell(place.id) if place.is_cell else counted.topic(place.id)).n_papers
        for place in view.places
    }
    st.html(parts.entry(view, n_papers=n_papers, known=_in_store(view.papers)))


def _paper(state: KnowledgeState, index: KnowledgeIndex) -> None:
    origin = replace(state, paper=None)
    name = "Knowledge"
    if state.entry in index.entries:
        name = index.entries[state.entry].name
    elif state.page and (page := index.page(state.page)):
        name = page.place.label
    paper.show_paper(
        PageState(landscape=LandscapeState(paper=state.paper)),
        load_taxonomy(),
        back=(f"Back to {name}", knowledge_href(origin)),
    )


def _in_store(references: Iterable[PaperReference]) -> frozenset[str]:
    """Keys of the papers that the store holds: only those have a page of their own here."""
    with store().read() as session:
        return frozenset(find_paper_ids(session, {reference.key for reference in references}))
