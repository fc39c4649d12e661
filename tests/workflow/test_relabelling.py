"""A changed model: what it moves is said before and after, people's labels stand, a run is taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from db.engine import Store, open_store
from db.labels import NewLabel, add_labels, begin_classifier_run, current_labels, finish_classifier_run
from db.papers import find_paper_ids, store_page
from db.relabelled import OFF, newest_run
from db.review import keep_answer
from db.tables import LABEL_CELL
from foundation.settings import Settings
from papers.draft import ExternalIdDraft, PaperDraft
from papers.record import ParsedPage, ParsedRecord, WireRecord
from workflow.classifying import classify_store
from workflow.relabelling import moved_lines, preview_moves, take_back_newest_run

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PEFT_TITLE = "Low-rank adapters for parameter-efficient fine-tuning of large language models"
PEFT_TEXT = "We propose an adapter that trains few parameters of a pre-trained language model."
# number -> title, abstract, what the earlier model said
PAPERS = {
    1: (PEFT_TITLE, PEFT_TEXT, "training/data"),  # the model in force puts it into training/model
    2: (f"{PEFT_TITLE}, again", PEFT_TEXT, "training/model"),
    3: ("数据", "数据", "inference/data"),  # without a known word it is off the subject
    4: (f"{PEFT_TITLE}, decided", PEFT_TEXT, "inference/data"),
    5: (f"{PEFT_TITLE}, new", PEFT_TEXT, None),
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings.resolved_database_url)
    records = []
    for number, (title, abstract, _) in PAPERS.items():
        value = f"2401.{number:05d}"
        draft = PaperDraft(
            source="arxiv",
            source_id=value,
            title=title,
            abstract=abstract,
            external_ids=(ExternalIdDraft(scheme="arxiv", value=value),),
        )
        wire = WireRecord("arxiv", value, "https://x.org", NOW, "application/atom+xml", value.encode())
        records.append(ParsedRecord(draft, wire))
    with opened.write() as session:
        store_page(session, ParsedPage(tuple(records)), at=NOW)
        ids = numbers(session)
        run = begin_classifier_run(
            session, method="model", name="earlier", digest="e" * 64, taxonomy_version="1.0", at=NOW
        )
        labels = [
            NewLabel(ids[n], "cell-no-topic", 0.9, ((cell, 0.5),), by="earlier")
            for n, (_, _, cell) in PAPERS.items()
            if cell
        ]
        add_labels(session, run, labels, taxonomy_version="1.0", at=NOW)
        finish_classifier_run(session, run, at=NOW)
        keep_answer(
            session, ids[4], cells=("add-ons/data",), topics=(), taxonomy_version="1.0", by="ada", at=NOW
        )
    yield opened
    opened.dispose()


def numbers(session: Session) -> dict[int, int]:
    found = find_paper_ids(session, [f"arxiv:2401.{n:05d}" for n in PAPERS])
    return {n: found[f"arxiv:2401.{n:05d}"] for n in PAPERS}


def in_force(store: Store) -> dict[int, tuple[str, str | None]]:
    """Method and first cell of each paper's label in force, by number."""
    with store.read() as session:
        label = current_labels(taxonomy_version="1.0").subquery()
        rows = session.connection().execute(
            label.select()
            .add_columns(LABEL_CELL.c.cell)
            .outerjoin(
                LABEL_CELL,
                (LABEL_CELL.c.assignment_id == label.c.assignment_id) & (LABEL_CELL.c.position == 0),
            )
        )
        found = {row.paper_id: (row.method, row.cell) for row in rows}
        return {n: found[paper] for n, paper in numbers(session).items() if paper in found}


def test_a_preview_says_what_would_move_and_stores_nothing(store: Store, settings: Settings) -> None:
    before = in_force(store)
    moved = preview_moves(store, settings)
    assert in_force(store) == before
    assert (moved.compared, moved.moved, moved.off_chart, moved.onto_chart) == (4, 3, 1, 0)
    assert moved.people_decided == 1
    assert ("inference/data", OFF, 1) in moved.flows
    assert ("training/data", "training/model", 1) in moved.flows
    assert {paper.id for paper in moved.examples} == {f"arxiv:2401.{n:05d}" for n in (1, 3, 4)}
    told = "\n".join(moved_lines(moved, would=True))
    assert "3 of 4 papers that an earlier model labelled would move (75.0%)" in told
    assert "training/data → training/model" in told


def test_the_run_reports_what_it_moved_as_the_preview_said(store: Store, settings: Settings) -> None:
    expected = preview_moves(store, settings)
    report = classify_store(store, settings)
    assert report.papers == 5
    assert report.moved == expected
    assert preview_moves(store, settings).compared == 0
    assert classify_store(store, settings).moved is None


def test_labelling_again_by_the_same_model_is_no_movement(store: Store, settings: Settings) -> None:
    # A first start once said that 43 of 204 papers of "an earlier model" had moved: the same model had
    # labelled them minutes before, from the library's texts.
    classify_store(store, settings)
    assert classify_store(store, settings, everything=True).moved is None


def test_a_persons_label_stands_through_every_run(store: Store, settings: Settings) -> None:
    classify_store(store, settings)
    classify_store(store, settings, everything=True)
    assert in_force(store)[4] == ("person", "add-ons/data")
    assert in_force(store)[1] == ("model", "training/model")


def test_a_run_is_taken_back_whole(store: Store, settings: Settings) -> None:
    before = in_force(store)
    classify_store(store, settings)
    assert in_force(store) != before
    assert take_back_newest_run(store, "ada") == 5
    assert in_force(store) == before
    assert take_back_newest_run(store, "ada") == 0
    with store.read() as session:
        assert newest_run(session) is not None  # history stays whole


def test_a_first_run_has_nothing_to_compare(settings: Settings) -> None:
    opened = open_store(settings.resolved_database_url)
    try:
        assert classify_store(opened, settings).moved is None
        moved = preview_moves(opened, settings)
        assert moved.compared == 0
        assert moved_lines(moved, would=True) == ["no paper bears a label of an earlier model"]
    finally:
        opened.dispose()


def test_stored_evidence_names_its_phrases(store: Store, settings: Settings) -> None:
    from sqlalchemy import select

    from db.tables import LABEL

    classify_store(store, settings)
    with store.read() as session:
        query = (
            select(LABEL.c.evidence)
            .where(LABEL.c.paper_id == numbers(session)[1])
            .order_by(LABEL.c.id.desc())
        )
        (first, *_) = session.connection().execute(query.limit(1)).scalar_one()
    assert first["text"] in PEFT_TEXT
    assert first["phrases"]
    assert json.dumps(first)
