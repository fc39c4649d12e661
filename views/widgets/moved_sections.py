"""Parts of the page What moved: tables of every topic and cell, and the papers behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from charts.theme import MOVEMENT_MARKS, MOVEMENT_WORDS
from landscape.links import LandscapeState
from landscape.movement import Movement, PlaceMovement
from landscape.movement_words import q_words
from taxonomy.models import Taxonomy
from views.address import PageState
from views.cached import published_layout
from views.moved_address import MovedState
from views.widgets.markup import render
from views.widgets.paper_list import paper_list

SHOWN_PAPERS = 10
SHOWN_RELABELLED = 12


def papers_href(state: MovedState, place: PlaceMovement) -> str:
    """Address of a place's papers, newest first, under the same filters.

    Args:
        state: What the reader is looking at.
        place: Cell or topic.
    """
    kept = LandscapeState(filter=state.landscape.filter, sort="date")
    kept = replace(kept, cell=place.id) if place.kind == "cell" else replace(kept, topic=place.id)
    return f"papers{PageState(landscape=kept).query()}"


def moved_tables(moved: Movement, state: MovedState, taxonomy: Taxonomy) -> None:
    """Every topic, every cell, and what was compared with what.

    Args:
        moved: What moved.
        state: What the reader is looking at.
        taxonomy: Labels of cells.
    """
    strata = [
        {
            "name": each.name,
            "n_base": each.n_base,
            "n_new": each.n_new,
            "compared": each.compared,
        }
        for each in moved.strata
    ]
    st.html(
        render(
            "moved_tables.html",
            topics=_rows(moved.topics, state, taxonomy),
            cells=_rows(moved.cells, state, taxonomy),
            strata=strata,
        )
    )


def _rows(places: Iterable[PlaceMovement], state: MovedState, taxonomy: Taxonomy) -> list[dict[str, Any]]:
    order = {"new": 0, "rising": 1, "fading": 2, "steady": 3, "untested": 4}
    found = sorted(
        places, key=lambda each: (order[each.direction], -abs(each.observed - each.expected), -each.n_after)
    )
    return [
        {
            "place": place,
            "href": papers_href(state, place),
            "cell": taxonomy.cell_label(place.cell) if place.kind == "topic" else "",
            "mark": MOVEMENT_MARKS[place.direction],
            "word": MOVEMENT_WORDS[place.direction],
            "compared": place.q_value is not None,
            "expected": f"{place.expected:,.1f}",
            "ratio": "" if place.ratio is None else f"{place.ratio:.2f}",
            "q": ""
            if place.q_value is None
            else q_words(place.q_value).removeprefix("q = ").removeprefix("q "),
        }
        for place in found
    ]


def moved_papers(moved: Movement, state: MovedState, taxonomy: Taxonomy) -> None:
    """The newest papers that came, and papers that stand elsewhere than before.

    Args:
        moved: What moved.
        state: What the reader is looking at.
        taxonomy: Labels of cells and topics.
    """
    layout = published_layout()
    every = PageState(landscape=LandscapeState(filter=state.landscape.filter, sort="date"))
    st.html(
        render(
            "moved_papers_head.html",
            n_new=moved.n_new,
            shown=min(SHOWN_PAPERS, len(moved.papers)),
            every=f"papers{every.query()}",
        )
    )
    if moved.papers:
        st.html(
            paper_list(
                moved.papers[:SHOWN_PAPERS],
                taxonomy,
                layout,
                first=1,
                paper_href=lambda paper: f"papers?paper={paper}",
                cell_href=lambda cell: f"./?cell={cell}",
                topic_href=lambda topic: f"./?topic={topic}",
            )
        )
    if moved.n_relabelled:
        st.html(
            render(
                "moved_relabelled.html",
                n=moved.n_relabelled,
                rows=[
                    {
                        "title": each.paper.title,
                        "href": f"papers?paper={each.paper.id}",
                        "before": _standing(each.cell_before, each.topics_before, taxonomy),
                        "after": _standing(each.cell_after, each.topics_after, taxonomy),
                    }
                    for each in moved.relabelled[:SHOWN_RELABELLED]
                ],
            )
        )


def _standing(cell: str | None, topics: Sequence[str], taxonomy: Taxonomy) -> str:
    names = [taxonomy.topic_by_id[topic].label for topic in topics if topic in taxonomy.topic_by_id]
    if names:
        return ", ".join(names)
    return taxonomy.cell_label(cell) if cell in taxonomy.cells else "off the landscape"
