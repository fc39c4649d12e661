"""The list of papers: searched, filtered, sorted, picked from, saved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from db.papers import find_paper_ids
from landscape.layout import SlideLayout
from landscape.links import KnowledgeState, SortBy
from landscape.papers import rows_at
from landscape.types import LandscapeFilter, PaperPage, PaperRow
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy
from views.access import read_only_note, say_what_was_done
from views.address import PageState, go, knowledge_href, read_address
from views.cached import Counted, all_lists, counted, filter_choices, published_layout, store
from views.listing import all_of, by_meaning, page_of
from views.meaning import has_vectors
from views.paper import show_paper
from views.place import place_panel
from views.widgets.downloads import paper_downloads
from views.widgets.filter_bar import active_filters, filter_button, words_box
from views.widgets.kept import kept_button
from views.widgets.markup import plural, render
from views.widgets.notices import nothing_here
from views.widgets.paper_list import PAPERS_A_PAGE, n_pages, page_links, paper_item, paper_list
from views.widgets.picks import checkbox, picks_bar

SORTS: dict[SortBy, str] = {
    "score": "Surest first",
    "date": "Newest first",
    "citations": "Most cited",
    "title": "By title",
}
BEST_MATCH = "Best match"
_MEANING = "search_by_meaning"


def show() -> None:
    """Draw the page: one paper where the address names one, otherwise the list of all."""
    taxonomy = load_taxonomy()
    state, _ = read_address(taxonomy)
    if state.landscape.paper:
        show_paper(state, taxonomy)
        return
    found = page_of(state, taxonomy, PAPERS_A_PAGE)
    parts = [{"strong": "", "text": plural(found.total)}]
    if by_meaning(state):
        parts.append({"strong": "", "text": "nearest in meaning, not only those that hold the words"})
    if state.selected:
        elsewhere = {
            "‹ All papers": state.opened().query(),
            "On the chart": f"./{state.query()}",
            f"About {_list_title(state, taxonomy)}": _about(state.selected),
        }
        st.html(render("elsewhere.html", links=elsewhere))
    st.html(render("head.html", title=_list_title(state, taxonomy), parts=parts))
    with st.container(key="bar", horizontal=True, vertical_alignment="center"):
        words_box(state)
        if state.landscape.filter.words and has_vectors():
            _meaning_switch(state)
        filter_button(state, filter_choices())
        kept_button(state)
        if found.total:
            paper_downloads("list", lambda: all_of(state, taxonomy), name="papers")
    active_filters(state)
    say_what_was_done()
    read_only_note()
    picks_bar(found.rows, lambda ids: _rows_of(ids, taxonomy))
    _show_page(
        state,
        found,
        taxonomy,
        published_layout(),
        scope="",
        empty_hints=_empty_hints(state),
        pickable=True,
    )


def _meaning_switch(state: PageState) -> None:
    st.session_state[_MEANING] = state.landscape.by_meaning
    st.toggle(
        "By meaning",
        key=_MEANING,
        help="Also papers that say the same in other words. The best match stands first.",
        on_change=lambda: go(
            replace(
                state,
                landscape=replace(state.landscape, by_meaning=bool(st.session_state[_MEANING]), page=1),
            )
        ),
    )


def _rows_of(ids: list[str], taxonomy: Taxonomy) -> tuple[PaperRow, ...]:
    columns = counted(LandscapeFilter(), None).columns
    with store().read() as session:
        known = find_paper_ids(session, ids)
        indexes = columns.places_of(known[each] for each in ids if each in known)
        return rows_at(session, taxonomy, columns, indexes.tolist())


def show_list(state: PageState, papers: Counted, taxonomy: Taxonomy, layout: SlideLayout) -> None:
    """The papers of the opened cell or topic, under the figure.

    Args:
        state: What the reader is looking at.
        papers: What the figure counts.
        taxonomy: Labels and scope notes.
        layout: Colours of the rows.
    """
    opened = state.landscape
    found = page_of(state, taxonomy, PAPERS_A_PAGE)
    links: list[dict[str, Any]] = []
    if opened.topic:
        topic = taxonomy.topic_by_id[opened.topic]
        title, scope = topic.label, topic.scope_note
        where = taxonomy.cell_label(topic.cell)
        links.append({"label": "About this topic", "href": _about(topic.id)})
        links.append({"label": f"All of {where}", "href": state.opened(cell=topic.cell).query()})
    else:
        cell = papers.snapshot.cell(opened.cell or "")
        title, where, scope = taxonomy.cell_label(cell.id), "", _cell_scope(cell.id, taxonomy)
        every = state.opened(cell=cell.id)
        links.append({"label": "About this cell", "href": _about(cell.id)})
        for label, place, current in (
            (f"All {cell.n_papers:,}", every, not state.without_topic),
            (
                f"Without a topic {cell.n_without_topic:,}",
                replace(every, without_topic=True),
                state.without_topic,
            ),
        ):
            links.append({"label": label, "href": place.query(), "current": current})
    links.append({"label": "Close", "href": state.opened().query()})
    parts = [plural(found.total), where, "without a topic" if state.without_topic else ""]
    with st.container(key="selection"):
        st.html(
            render(
                "selection.html",
                title=title,
                summary=" · ".join(part for part in parts if part),
                links=[{"current": False, **link} for link in links],
                show_jump=found.total > 0,
            )
        )
    if found.total:
        place_panel(state, papers, taxonomy, scope)
        scope = ""
    _show_page(state, found, taxonomy, layout, scope=scope, empty_hints=_empty_hints(state))


def _show_page(
    state: PageState,
    found: PaperPage,
    taxonomy: Taxonomy,
    layout: SlideLayout,
    *,
    scope: str,
    empty_hints: list[str],
    pickable: bool = False,
) -> None:
    asked = state.landscape
    if not found.total:
        if scope:
            st.html(render("hint.html", text=scope))
        widened = replace(state, landscape=replace(asked, filter=LandscapeFilter(), tag="", page=1))
        links = {"Clear all filters": widened.query()} if asked.filter != LandscapeFilter() else {}
        nothing_here("No papers here", empty_hints, links)
        return
    last = n_pages(found.total)
    if not found.rows:
        first_page = replace(state, landscape=replace(asked, page=1))
        nothing_here(f"The list ends at page {last}", [], {"To the first page": first_page.query()})
        return

    def at(**changes: Any) -> str:
        return replace(state, landscape=replace(asked, **changes)).query()

    first = (asked.page - 1) * PAPERS_A_PAGE + 1
    st.html(
        render(
            "list_head.html",
            scope=scope,
            summary=f"{first:,}–{first + len(found.rows) - 1:,} of {found.total:,}",
            sorts=[
                {
                    "id": name,
                    "label": BEST_MATCH if name == "score" and asked.filter.words else label,
                    "href": at(sort=name, page=1),
                    "current": name == asked.sort,
                }
                for name, label in SORTS.items()
            ],
        )
    )
    hrefs: dict[str, Any] = {
        "paper_href": lambda paper: at(paper=paper),
        "cell_href": lambda cell: "./" + state.opened(cell=cell).query(),
        "topic_href": lambda topic: "./" + state.opened(topic=topic).query(),
    }
    if pickable:
        for number, row in enumerate(found.rows, first):
            with st.container(key=f"paper_{number}", horizontal=True, gap="small"):
                checkbox(row, number)
                st.html(paper_item(row, taxonomy, layout, number=number, **hrefs))
    else:
        st.html(paper_list(found.rows, taxonomy, layout, first=first, **hrefs))
    pages = page_links(asked.page, found.total, lambda page: at(page=page))
    if pages:
        st.html(pages)


def _about(place: str) -> str:
    return knowledge_href(KnowledgeState(page=place))


def _cell_scope(cell: str, taxonomy: Taxonomy) -> str:
    row, _, column = cell.partition("/")
    rows = {pipeline.id: pipeline.scope_note for pipeline in taxonomy.pipelines}
    columns = {component.id: component.scope_note for component in taxonomy.components}
    return f"{rows[row]} {columns[column]}"


def _empty_hints(state: PageState) -> list[str]:
    if state.landscape.filter != LandscapeFilter():
        return ["Under these filters none is left. Take one away, or widen the years."]
    if state.without_topic:
        return ["Every paper of this cell bears one of its topics."]
    return ["`landscape harvest` asks the sources for papers; `landscape classify` places them."]


def _list_title(state: PageState, taxonomy: Taxonomy) -> str:
    if state.landscape.topic:
        return taxonomy.topic_by_id[state.landscape.topic].label
    if state.landscape.cell:
        return taxonomy.cell_label(state.landscape.cell)
    if state.landscape.reading_list is not None:
        names = {each.id: each.name for each in all_lists()}
        return names.get(state.landscape.reading_list, "A reading list that is gone")
    return "Papers"
