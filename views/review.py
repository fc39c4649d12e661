"""The papers whose label would teach most, answered with one key each; undone as easily."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from sqlmodel import Session

from db.papers import find_paper_ids
from db.review import answers_by, keep_answer, undo_last_answer
from foundation.clock import utc_now
from foundation.errors import RefusedInputError
from landscape.review import (
    Agreement,
    ReviewerModel,
    ReviewItem,
    agreement_between_people,
    agreement_with_model,
    cell_keys,
    review_item,
    review_queue,
)
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy
from views.access import change, may_write, read_only_note, reader, say_what_was_done
from views.cached import store
from views.paper import marked, place_told
from views.reviewer import reviewer_in_force
from views.widgets.markup import number, percent, plural, render
from views.widgets.notices import nothing_here

if TYPE_CHECKING:
    from db.engine import Store

PATH = "review"
_STYLE = Path(__file__).parent / "widgets" / "review.css"
_QUEUE, _SKIPPED, _CELL = "review_queue", "review_skipped", "review_cell"
# Enter and Space press the button that has the focus: as keys of their own they would answer twice.
KEY_MODEL, KEY_OFF, KEY_SKIP, KEY_UNDO, KEY_BACK = "9", "0", "Right", "Left", "Esc"


def show() -> None:
    """Draw the page."""
    st.html(_STYLE)
    taxonomy, opened = load_taxonomy(), store()
    reviewer = reviewer_in_force(taxonomy)
    queue = _queue(opened, taxonomy, reviewer)
    with opened.read() as session:
        item = review_item(session, taxonomy, reviewer, queue[0]) if queue else None
        answered = answers_by(session, reader())
        with_model = agreement_with_model(session, taxonomy)
        with_people = agreement_between_people(session)
    st.html(
        render(
            "head.html",
            title="Review",
            parts=[
                {"strong": number(answered), "text": f"answered by {reader()}"},
                {"strong": number(len(st.session_state[_SKIPPED])), "text": "skipped"},
                {"strong": number(len(queue)), "text": "waiting"},
            ],
        )
    )
    say_what_was_done()
    read_only_note()
    if item is None:
        _nothing_left(answered)
    else:
        left, right = st.columns([3, 2], gap="large")
        with left:
            st.html(render("review_paper.html", **_paper_values(item, taxonomy)))
        with right, st.container(key="review_answers"):
            _answers(item, taxonomy)
        if may_write():
            _grid(item, taxonomy)
    if answered and may_write():
        st.button(
            "Undo my last answer",
            key="review_undo",
            icon=":material/undo:",
            shortcut=KEY_UNDO,
            on_click=_undo,
        )
    st.html(render("review_agreement.html", rows=_agreement(with_model, with_people)))


def _queue(opened: Store, taxonomy: Taxonomy, reviewer: ReviewerModel) -> list[str]:
    """What waits for this reader; asked again when it is used up, or the grid is another one."""
    skipped: set[str] = st.session_state.setdefault(_SKIPPED, set())
    held = st.session_state.get(_QUEUE)
    if held is None or held[0] != (opened.name, taxonomy.version) or not held[1]:
        with st.spinner("Looking for the papers that teach most …"), opened.read() as session:
            found = review_queue(session, taxonomy, reviewer, skip=skipped)
        held = st.session_state[_QUEUE] = ((opened.name, taxonomy.version), found)
    waiting: list[str] = held[1]
    return waiting


def _answers(item: ReviewItem, taxonomy: Taxonomy) -> None:
    if not may_write():
        return
    cell = st.session_state.get(_CELL)
    if cell is not None and cell[0] == item.row.id:
        _topics(item, taxonomy, cell[1])
        return
    st.html(render("review_hint.html", text="Where does it belong? Press a key, or a button."))
    row = item.row
    if row.cells:
        _choice("As the model said", KEY_MODEL, item, row.cells, row.topics, primary=True)
    for digit, place in enumerate(item.places, 1):
        topic = f"{taxonomy.topic_by_id[place.topic].label} · " if place.topic else ""
        label = f"{topic}{taxonomy.cell_label(place.cell)} · {percent(place.score)}"
        _choice(label, str(digit), item, (place.cell,), (place.topic,) if place.topic else ())
    _choice("Not about pre-trained language models", KEY_OFF, item, (), ())
    st.button(
        "Skip", key="review_skip", shortcut=KEY_SKIP, width="stretch", on_click=_skip, args=(item.row.id,)
    )


def _grid(item: ReviewItem, taxonomy: Taxonomy) -> None:
    """Every cell as a button, laid out as the grid and the keyboard are."""
    st.html(render("review_hint.html", text="Another cell, by the letters as the grid lies:"))
    keys = cell_keys(taxonomy)
    with st.container(key="review_grid"):
        for pipeline in taxonomy.pipelines:
            label, *columns = st.columns([1, *[1] * len(taxonomy.components)], vertical_alignment="center")
            label.html(render("review_hint.html", text=pipeline.label))
            for column, component in zip(columns, taxonomy.components, strict=True):
                name = f"{pipeline.id}/{component.id}"
                column.button(
                    component.label,
                    key=f"review_cell {name}",
                    help=taxonomy.cell_label(name),
                    shortcut=keys.get(name),
                    width="stretch",
                    wrap=True,
                    on_click=_open_cell,
                    args=(item.row.id, name, taxonomy),
                )


def _topics(item: ReviewItem, taxonomy: Taxonomy, cell: str) -> None:
    st.html(render("review_hint.html", text=f"{taxonomy.cell_label(cell)}: which topic?"))
    for digit, topic in enumerate(taxonomy.topics_by_cell[cell], 1):
        key = str(digit) if digit < 10 else None
        _choice(topic.label, key, item, (cell,), (topic.id,), note=topic.scope_note)
    _choice("None of these topics", "0", item, (cell,), ())
    st.button(
        "Another cell",
        key="review_back",
        icon=":material/arrow_back:",
        shortcut=KEY_BACK,
        width="stretch",
        on_click=_close_cell,
    )


def _choice(
    label: str,
    key: str | None,
    item: ReviewItem,
    cells: tuple[str, ...],
    topics: tuple[str, ...],
    *,
    primary: bool = False,
    note: str | None = None,
) -> None:
    st.button(
        label,
        key=f"review {item.row.id} {key} {' '.join((*cells, *topics))}",
        help=note,
        shortcut=key,
        type="primary" if primary else "secondary",
        width="stretch",
        on_click=answer,
        args=(item.row.id, cells, topics),
    )


def answer(paper: str, cells: tuple[str, ...], topics: tuple[str, ...]) -> None:
    """Store an answer, and go on to the next paper.

    Args:
        paper: Public id.
        cells: Cells, primary first; none for a paper off the subject.
        topics: Topics of these cells.
    """

    def act(session: Session) -> int:
        found = find_paper_ids(session, [paper]).get(paper)
        if found is None:
            raise RefusedInputError("no paper in the store has this id", id=paper)
        return keep_answer(
            session,
            found,
            cells=cells,
            topics=topics,
            taxonomy_version=load_taxonomy().version,
            by=reader(),
            at=utc_now(),
        )

    if change(act) is not None:
        _leave(paper)


def _undo() -> None:
    paper = change(lambda session: undo_last_answer(session, by=reader(), at=utc_now()))
    if paper is None:
        return
    held = st.session_state.get(_QUEUE)
    if held is not None:
        held[1][:] = [paper, *(other for other in held[1] if other != paper)]
    st.session_state.pop(_CELL, None)


def _skip(paper: str) -> None:
    st.session_state[_SKIPPED].add(paper)
    _leave(paper)


def _leave(paper: str) -> None:
    held = st.session_state.get(_QUEUE)
    if held is not None:
        held[1][:] = [other for other in held[1] if other != paper]
    st.session_state.pop(_CELL, None)


def _open_cell(paper: str, cell: str, taxonomy: Taxonomy) -> None:
    if taxonomy.topics_by_cell[cell]:
        st.session_state[_CELL] = (paper, cell)
    else:
        answer(paper, (cell,), ())


def _close_cell() -> None:
    st.session_state.pop(_CELL, None)


def _nothing_left(answered: int) -> None:
    if st.session_state[_SKIPPED]:
        lines = ["Only skipped papers are left. Load the page again to see them."]
    elif answered:
        lines = ["Every paper that a model labelled has an answer. `landscape train` learns from them."]
    else:
        lines = [
            "Papers are asked about once a model has labelled them: `landscape harvest` or "
            "`landscape import FILE`, then `landscape classify`."
        ]
    nothing_here("Nothing waits for review", lines, {"Landscape": "./"})


def _paper_values(item: ReviewItem, taxonomy: Taxonomy) -> dict[str, Any]:
    row = item.row
    sentences = tuple(piece.text for piece in item.evidence)
    return {
        "row": row,
        "abstract": marked(item.abstract, sentences) if item.abstract else [],
        "said": place_told(row.cell, row.topics, taxonomy),
        "nearest": [
            {
                "title": near.title,
                "told": place_told(near.cell, near.topics, taxonomy),
                "nearness": f"{near.nearness:.2f}",
            }
            for near in item.nearest
        ],
    }


def _agreement(with_model: Agreement, with_people: Agreement) -> list[dict[str, str]]:
    rows = []
    for who, found in (("People and the model", with_model), ("Two people", with_people)):
        low, high = found.first_cell_interval
        rows.append(
            {
                "who": who,
                "papers": plural(found.papers),
                "relevance": f"{found.relevance} of {found.papers}",
                "first": f"{found.first_cell} of {found.on_subject}",
                "interval": f"{percent(low)} to {percent(high)}" if found.on_subject else "—",
                "any": f"{found.any_cell} of {found.on_subject}",
            }
        )
    return rows
