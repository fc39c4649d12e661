"""Correcting a label: what a person says of a paper stands above any model, and can be taken back."""

from __future__ import annotations

import streamlit as st
from sqlmodel import Session

from db.labels import NewLabel, add_labels, retract_label
from db.papers import find_paper_ids
from foundation.clock import utc_now
from foundation.errors import RefusedInputError
from landscape.types import LabelView, PaperDetail
from taxonomy.models import Taxonomy
from views.access import change, may_write, reader

MOST_CELLS = 3  # one primary and at most two more, as papers are labelled by hand
_ON, _OFF = "On the landscape", "Not about pre-trained language models"
_VERDICT, _CELLS, _TOPICS, _WHY = "fix_verdict", "fix_cells", "fix_topics", "fix_why"


def correction_form(detail: PaperDetail, taxonomy: Taxonomy) -> None:
    """Let a reader correct the label in force, and take a person's label back.

    Args:
        detail: The paper.
        taxonomy: The grid in force.
    """
    if not may_write():
        return
    paper = detail.row.id
    current = next((label for label in detail.labels if label.is_current), None)
    with st.container(key="correction", horizontal=True, vertical_alignment="center"):
        with st.popover("Correct this label", icon=":material/edit:", key="correct"):
            _form(paper, current, taxonomy)
        if current is not None and current.method == "person":
            st.button(
                "Undo the correction",
                key="correct_undo",
                icon=":material/undo:",
                on_click=take_back,
                args=(current.id,),
            )


def _form(paper: str, current: LabelView | None, taxonomy: Taxonomy) -> None:
    # Keys bear the label in force: another paper, or another label, begins with its own values.
    stamp = f" {paper} {current.id if current else 0}"
    cells = [cell for cell, _ in current.cells if cell in taxonomy.cells] if current else []
    topics = [topic for topic, _ in current.topics if topic in taxonomy.topic_by_id] if current else []
    verdict = st.radio(
        "This paper is",
        (_ON, _OFF),
        key=_VERDICT + stamp,
        index=0 if current is None or current.verdict != "not-relevant" else 1,
    )
    chosen: list[str] = []
    borne: list[str] = []
    if verdict == _ON:
        chosen = st.multiselect(
            "Cells, the most fitting first",
            taxonomy.cells,
            default=cells[:MOST_CELLS],
            key=_CELLS + stamp,
            format_func=taxonomy.cell_label,
            max_selections=MOST_CELLS,
            select_all=False,
        )
        offered = [topic.id for cell in chosen for topic in taxonomy.topics_by_cell[cell]]
        borne = st.multiselect(
            "Topics, the most fitting first (none is a proper answer)",
            offered,
            default=[topic for topic in topics if topic in offered],
            key=_TOPICS + stamp + " ".join(chosen),
            format_func=lambda topic: taxonomy.topic_by_id[topic].label,
            select_all=False,
        )
    why = st.text_input("Why (kept with the label)", key=_WHY + stamp, max_chars=500)
    ready = verdict == _OFF or bool(chosen)
    st.button(
        "Save the correction",
        key="correct_save",
        type="primary",
        disabled=not ready,
        help=None if ready else "Choose a cell first.",
        on_click=correct,
        args=(paper, chosen, borne, why, taxonomy),
    )


def correct(paper: str, cells: list[str], topics: list[str], why: str, taxonomy: Taxonomy) -> None:
    """Store a person's label.

    Args:
        paper: An id of the paper.
        cells: Cells, primary first; none for a paper off the subject.
        topics: Topics of these cells.
        why: A note.
        taxonomy: The grid in force.
    """

    def act(session: Session) -> int:
        found = find_paper_ids(session, [paper]).get(paper)
        if found is None:
            raise RefusedInputError("no paper in the store has this id", id=paper)
        label = NewLabel(
            paper_id=found,
            verdict="not-relevant" if not cells else "labelled" if topics else "cell-no-topic",
            relevance=1.0 if cells else 0.0,
            cells=tuple((cell, 1.0) for cell in cells),
            topics=tuple((topic, 1.0) for topic in topics),
            method="person",
            by=reader(),
            note=why,
        )
        return add_labels(session, None, [label], taxonomy_version=taxonomy.version, at=utc_now())

    change(act, "Correction saved. It stands above every model; undo it at any time.")


def take_back(label: int) -> None:
    """Take a label back.

    Args:
        label: Row id of the assignment.
    """
    change(
        lambda session: retract_label(session, label, by=reader(), at=utc_now()),
        "Correction undone: what was said before is in force again.",
    )
