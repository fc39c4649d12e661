"""One paper: why it is where it is, who said so, what is like it, and what a reader keeps beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from db.papers import find_paper_ids
from foundation.errors import RefusedInputError
from landscape.knowledge import knowledge_index
from landscape.knowledge_types import Place
from landscape.layout import SlideLayout
from landscape.links import KnowledgeState
from landscape.paper import get_paper
from landscape.papers import rows_at
from landscape.similar import similar_papers
from landscape.types import LabelView, LandscapeFilter, PaperDetail, PaperRow
from papers.ids import external_id_url
from taxonomy.models import Taxonomy
from views.access import read_only_note, say_what_was_done
from views.address import PageState, knowledge_href
from views.cached import counted, published_layout, store
from views.meaning import meaning_index
from views.reviewer import nearest_labelled
from views.widgets.correction import correction_form
from views.widgets.markup import render
from views.widgets.notices import nothing_here
from views.widgets.paper_list import PLACED_BY, VERDICTS, places
from views.widgets.shelf import shelf

SIMILAR_SHOWN = 6


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
    st.html(render("paper.html", back_label=back[0], back=back[1], **values))
    say_what_was_done()
    correction_form(detail, taxonomy)
    shelf(detail.row.id)
    read_only_note()
    st.html(
        render(
            "paper_rest.html",
            knowledge=_knowledge(detail),
            similar=_similar(detail, state, taxonomy),
            **values,
        )
    )


def _similar(detail: PaperDetail, state: PageState, taxonomy: Taxonomy) -> list[dict[str, Any]]:
    columns, index = counted(LandscapeFilter(), None).columns, meaning_index()
    rows: tuple[PaperRow, ...] = ()
    with store().read() as session:
        own = find_paper_ids(session, [detail.row.id]).get(detail.row.id)
        if index is not None and own is not None:
            near = columns.places_of(paper for paper, _ in index.like_paper(own, SIMILAR_SHOWN))
            rows = rows_at(session, taxonomy, columns, near.tolist())
        if not rows:
            rows = similar_papers(session, taxonomy, columns, detail, limit=SIMILAR_SHOWN)
    return [
        {
            "row": row,
            "href": replace(state, landscape=replace(state.landscape, paper=row.id)).query(),
        }
        for row in rows
    ]


def marked(abstract: str, sentences: tuple[str, ...]) -> list[dict[str, Any]]:
    """Cut an abstract into runs, the evidence sentences marked where they stand word for word.

    Args:
        abstract: The abstract.
        sentences: Its evidence sentences.

    Returns:
        Runs in order, `{"text", "mark"}`.
    """
    runs: list[dict[str, Any]] = []
    spans = sorted(
        (start, start + len(sentence))
        for sentence in sentences
        if sentence and (start := abstract.find(sentence)) >= 0
    )
    at = 0
    for start, end in spans:
        if start < at:
            continue
        runs += [{"text": abstract[at:start], "mark": False}, {"text": abstract[start:end], "mark": True}]
        at = end
    runs.append({"text": abstract[at:], "mark": False})
    return [run for run in runs if run["text"]]


def place_told(cell: str | None, topics: tuple[str, ...], taxonomy: Taxonomy) -> str:
    """A place in words: its cell and its topics, or that it is off the subject.

    Args:
        cell: The primary cell, or None.
        topics: Topics; those that the grid in force lacks are left out.
        taxonomy: The grid in force.
    """
    if cell is None:
        return "not about pre-trained language models"
    label = taxonomy.cell_label(cell) if cell in taxonomy.cells else cell
    known = [taxonomy.topic_by_id[topic].label for topic in topics if topic in taxonomy.topic_by_id]
    return ", ".join([label, *known])


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
        "nearest": [
            {"title": near.title, "told": place_told(near.cell, near.topics, taxonomy)}
            for near in nearest_labelled(detail, taxonomy)
        ],
        "row": row,
        "places": shown(list(row.cells), list(row.topics)),
        "verdict": VERDICTS.get(row.verdict or "", "Not classified yet"),
        "ids": [
            {"scheme": scheme, "value": value, "url": external_id_url(scheme, value)}
            for scheme, value in row.ids.items()
        ],
        "abstract": marked(
            detail.abstract or "", tuple(entry.text for entry in detail.evidence if entry.weight >= 0)
        ),
        "evidence": [
            {
                "text": entry.text,
                "cell": taxonomy.cell_label(entry.cell) if entry.cell in taxonomy.cells else entry.cell,
                "against": entry.weight < 0,
                "phrases": entry.phrases,
            }
            for entry in detail.evidence
        ],
        # What is in force stands first, also where a model spoke after a person.
        "labels": [
            label_values(label) for label in sorted(detail.labels, key=lambda label: not label.is_current)
        ],
    }


def _about(place: str) -> str:
    return knowledge_href(KnowledgeState(page=place))
