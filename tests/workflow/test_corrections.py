from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.labels import HandLabel
from db.engine import Store, open_store
from db.papers import find_paper_ids, store_page
from db.review import keep_answer, undo_last_answer
from foundation.settings import Settings
from papers.draft import ExternalIdDraft, PaperDraft
from papers.record import ParsedPage, ParsedRecord, WireRecord
from workflow.corrections import people_labels

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PEFT, CELL = "training/model/peft", "training/model"


def record(number: int, abstract: str | None) -> ParsedRecord:
    value = f"2401.{number:05d}"
    draft = PaperDraft(
        source="arxiv",
        source_id=value,
        title=f"Invented paper {number}",
        abstract=abstract,
        external_ids=(ExternalIdDraft(scheme="arxiv", value=value),),
    )
    url = "https://export.arxiv.org/api/query"
    return ParsedRecord(draft, WireRecord("arxiv", value, url, NOW, "application/atom+xml", value.encode()))


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Store, Settings]]:
    settings = Settings(home=tmp_path)
    store = open_store(settings.resolved_database_url)
    records = [record(n, "We invent." if n < 4 else None) for n in range(1, 5)]
    with store.write() as session:
        store_page(session, ParsedPage(tuple(records)), at=NOW)
    yield store, settings
    store.dispose()


def answer(store: Store, number: int, *cells: str, topics: tuple[str, ...] = ()) -> None:
    key = f"arxiv:2401.{number:05d}"
    with store.write() as session:
        paper = find_paper_ids(session, [key])[key]
        keep_answer(session, paper, cells=cells, topics=topics, taxonomy_version="1.0", by="ada", at=NOW)


def test_the_newest_standing_answer_of_each_paper_with_an_abstract(held: tuple[Store, Settings]) -> None:
    store, settings = held
    answer(store, 1, "training/data")
    answer(store, 1, CELL, "inference/data", topics=(PEFT,))
    answer(store, 2)
    answer(store, 3, CELL)
    with store.write() as session:
        undo_last_answer(session, by="ada", at=NOW)
    answer(store, 4, CELL)  # a title alone: not to be learnt from
    one, two = people_labels(settings, ())
    assert (one.id, one.title, one.primary, one.others, one.topics) == (
        "arxiv:2401.00001",
        "Invented paper 1",
        CELL,
        ("inference/data",),
        (PEFT,),
    )
    assert (two.relevant, two.primary, two.stratum) == (False, None, "corrections")


def test_a_correction_of_a_shipped_label_takes_its_place(held: tuple[Store, Settings]) -> None:
    """Of two labels of one id the later one counts in training, so the ids must agree."""
    store, settings = held
    answer(store, 1, CELL)
    answer(store, 2, CELL)
    shipped = [
        HandLabel(id="acl:x", title="Invented Paper: 1!", relevant=False),
        HandLabel(id="arxiv:2401.00002", title="Another title", relevant=False),
    ]
    assert [label.id for label in people_labels(settings, shipped)] == ["acl:x", "arxiv:2401.00002"]


def test_what_the_trained_grid_lacks_is_left_out(held: tuple[Store, Settings]) -> None:
    store, settings = held
    answer(store, 1, "training/never")
    answer(store, 2, CELL, topics=(f"{CELL}/emerging", PEFT))
    (label,) = people_labels(settings, ())
    assert label.topics == (PEFT,)
