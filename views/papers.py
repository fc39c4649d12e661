"""Lists of papers, and one paper whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from foundation.errors import RefusedInputError
from landscape.knowledge import knowledge_index
from landscape.knowledge_types import Place
from landscape.layout import SlideLayout
from landscape.links import KnowledgeState, SortBy
from landscape.paper import get_paper
from landscape.reading import list_papers
from landscape.types import LabelView, LandscapeFilter, LandscapeSnapshot, PaperDetail, PaperPage
from papers.ids import external_id_url
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy
from views.address import PageState, knowledge_href, read_address
from views.cached import filter_choices, published_layout, store
from views.widgets.filter_bar import active_filters, filter_button, words_box
from views.widgets.markup import plural, render
from views.widgets.notices import nothing_here
from views.widgets.paper_list import (
    PAPERS_A_PAGE,
    PLACED_BY,
    VERDICTS,
    n_pages,
    page_links,
    paper_list,
    places,
)

SORTS: dict[SortBy, str] = {"score": "Surest first", "date": "Newest first", "title": "By title"}


def show() -> None:
    """Draw the page: one paper where the address names one, otherwise the list of all."""
    taxonomy = load_taxonomy()
    state, _ = read_address(taxonomy)
    if state.landscape.paper:
        show_paper(state, taxonomy)
        return
    found = _page(state, taxonomy)
    parts = [{"strong": "", "text": plural(found.total)}]
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
        filter_button(state, filter_choices())
    active_filters(state)
    _show_page(state, found, taxonomy, published_layout(), scope="", empty_hints=_empty_hints(state))


def show_list(state: PageState, counted: LandscapeSnapshot, taxonomy: Taxonomy, layout: SlideLayout) -> None:
    """The papers of the opened cell or topic, under the figure.

    Args:
        state: What the reader is looking at.
        counted: The same counts as in the figure.
        taxonomy: Labels and scope notes.
        layout: Colours of the rows.
    """
    opened = state.landscape
    found = _page(state, taxonomy)
    links: list[dict[str, Any]] = []
    if opened.topic:
        topic = taxonomy.topic_by_id[opened.topic]
        title, scope = topic.label, topic.scope_note
        where = taxonomy.cell_label(topic.cell)
        links.append({"label": "About this topic", "href": _about(topic.id)})
        links.append({"label": f"All of {where}", "href": state.opened(cell=topic.cell).query()})
    else:
        cell = counted.cell(opened.cell or "")
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
    _show_page(state, found, taxonomy, layout, scope=scope, empty_hints=_empty_hints(state))


def show_paper(state: PageState, taxonomy: Taxonomy, back: tuple[str, str] | None = None) -> None:
    """Everything known of the paper that the address names.

    Args:
        state: What the reader is looking at.
        taxonomy: Labels of cells and topics.
        back: Label and address of where it was opened from; None for the list.
    """
    if back is None:
        listed = replace(state, landscape=replace(state.landscape, paper=None))
        back = ("Back to the list", listed.query())
    try:
        with store().read() as session:
            detail = get_paper(session, taxonomy, state.landscape.paper or "")
    except RefusedInputError:
        nothing_here(
            "No paper in the store has this id",
            [
                f"“{state.landscape.paper}” is not known here.",
                "`landscape harvest` or `landscape import FILE` may bring it.",
            ],
            dict([back]),
        )
        return
    layout = published_layout()
    values = _paper_values(detail, state, taxonomy, layout)
    st.html(render("paper.html", back_label=back[0], back=back[1], knowledge=_knowledge(detail), **values))


def _page(state: PageState, taxonomy: Taxonomy) -> PaperPage:
    asked = state.landscape
    with store().read() as session:
        return list_papers(
            session,
            taxonomy,
            cell=asked.cell,
            topic=asked.topic,
            filter=asked.filter,
            as_of=state.as_of,
            limit=PAPERS_A_PAGE,
            offset=(asked.page - 1) * PAPERS_A_PAGE,
            sort=asked.sort,
            without_topic=state.without_topic,
            relevant_only=False,
        )


def _show_page(
    state: PageState,
    found: PaperPage,
    taxonomy: Taxonomy,
    layout: SlideLayout,
    *,
    scope: str,
    empty_hints: list[str],
) -> None:
    asked = state.landscape
    if not found.total:
        if scope:
            st.html(render("hint.html", text=scope))
        widened = state.filtered(LandscapeFilter())
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
                {"id": name, "label": label, "href": at(sort=name, page=1), "current": name == asked.sort}
                for name, label in SORTS.items()
            ],
        )
    )
    st.html(
        paper_list(
            found.rows,
            taxonomy,
            layout,
            first=first,
            paper_href=lambda paper: at(paper=paper),
            cell_href=lambda cell: "./" + state.opened(cell=cell).query(),
            topic_href=lambda topic: "./" + state.opened(topic=topic).query(),
        )
    )
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


def _knowledge(detail: PaperDetail) -> list[dict[str, Any]]:
    """Pages of the paper's topics, then the pages and entries that name it."""
    index = knowledge_index()
    mentions = index.mentions(detail.row.ids)
    own = [index.places[name] for name in (*detail.row.topics, *detail.row.cells) if name in index.places]
    naming = [place for place in mentions.pages if place not in own]

    def pages(places: list[Place]) -> list[dict[str, str]]:
        return [{"label": place.label, "href": _about(place.id)} for place in places]

    entries = [
        {"label": entry.name, "href": knowledge_href(KnowledgeState(entry=entry.id))}
        for entry in mentions.entries
    ]
    return [
        {"label": label, "links": links}
        for label, links in (("About", pages(own)), ("Named under", [*pages(naming), *entries]))
        if links
    ]


def _list_title(state: PageState, taxonomy: Taxonomy) -> str:
    if state.landscape.topic:
        return taxonomy.topic_by_id[state.landscape.topic].label
    if state.landscape.cell:
        return taxonomy.cell_label(state.landscape.cell)
    return "Papers"


def _paper_values(
    detail: PaperDetail, state: PageState, taxonomy: Taxonomy, layout: SlideLayout
) -> dict[str, Any]:
    row = detail.row

    def shown(cells: list[str], topics: list[str]) -> list[dict[str, Any]]:
        return places(
            cells,
            topics,
            taxonomy,
            layout,
            lambda cell: "./" + state.opened(cell=cell).query(),
            lambda topic: "./" + state.opened(topic=topic).query(),
        )

    def label_values(label: LabelView) -> dict[str, Any]:
        return {
            "verdict": VERDICTS.get(label.verdict, label.verdict),
            "placed": PLACED_BY.get(label.method, label.method),
            "who": label.run or label.by,
            "by": label.by,
            "at": label.at,
            "relevance": label.relevance if label.method == "model" else None,
            "score": label.cells[0][1] if label.cells and label.method == "model" else None,
            "places": shown([cell for cell, _ in label.cells], [topic for topic, _ in label.topics]),
            "cells": [
                {"label": taxonomy.cell_label(cell) if cell in taxonomy.cells else cell, "score": score}
                for cell, score in label.cells
            ],
            "taxonomy_version": label.taxonomy_version,
            "note": label.note,
            "is_current": label.is_current,
            "retracted_by": label.retracted_by,
            "retracted_at": label.retracted_at,
            "method": label.method,
        }

    return {
        "paper": detail,
        "row": row,
        "places": shown(list(row.cells), list(row.topics)),
        "verdict": VERDICTS.get(row.verdict or "", "Not classified yet"),
        "ids": [
            {"scheme": scheme, "value": value, "url": external_id_url(scheme, value)}
            for scheme, value in row.ids.items()
        ],
        "evidence": [
            {
                "text": entry.text,
                "cell": taxonomy.cell_label(entry.cell) if entry.cell in taxonomy.cells else entry.cell,
                "against": entry.weight < 0,
            }
            for entry in detail.evidence
        ],
        # What is in force stands first, also where a model spoke after a person.
        "labels": [
            label_values(label) for label in sorted(detail.labels, key=lambda label: not label.is_current)
        ],
    }
