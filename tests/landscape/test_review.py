from __future__ import annotations

from typing import Any

import pytest

from classifier.labels import HandLabel
from classifier.model import DEFAULT_FOLDER, load_classifier
from db.review import Comparison
from foundation.errors import RefusedInputError
from landscape.review import (
    ReviewerModel,
    agreement_of,
    agreement_with_model,
    cell_keys,
    load_reviewer,
    place_named,
    review_item,
    review_queue,
)
from taxonomy.loader import founding_taxonomy

TAXONOMY = founding_taxonomy()
PEFT = "training/model/peft"
NOTHING = ReviewerModel(None)


def test_the_queue_holds_what_only_the_model_labelled(builder: Any) -> None:
    papers = [builder.paper(f"Paper {n}", ids=[("arxiv", f"2401.0000{n}")]) for n in range(5)]
    for paper, score in zip(papers[:4], (0.9, 0.2, 0.5, 0.3), strict=True):
        builder.label(paper, "training/model", score=score)
    builder.label(papers[3], "training/data", method="person")
    with builder.read() as session:
        queue = review_queue(session, TAXONOMY, NOTHING)
        assert queue == ["arxiv:2401.00001", "arxiv:2401.00002", "arxiv:2401.00000"]
        assert review_queue(session, TAXONOMY, NOTHING, most=1) == queue[:1]
        assert review_queue(session, TAXONOMY, NOTHING, skip=queue[:1]) == queue[1:]


def test_papers_that_readers_labelled_are_not_asked_again(builder: Any) -> None:
    for n, title in ((1, "Known by id"), (2, "Known by Title"), (3, "Unknown")):
        builder.label(builder.paper(title, ids=[("arxiv", f"2401.0000{n}")]), "training/model")
    labels = (
        HandLabel(id="arxiv:2401.00001", title="Another title", relevant=False),
        HandLabel(id="acl:x", title="known by title", relevant=False),
    )
    with builder.read() as session:
        queue = review_queue(session, TAXONOMY, ReviewerModel(None, labels))
    # The builder's title keys keep their spaces; the store's own have none.
    assert "arxiv:2401.00001" not in queue
    assert "arxiv:2401.00003" in queue


def test_an_item_brings_evidence_places_and_nearest_papers(builder: Any) -> None:
    paper = builder.paper(
        "Low-rank adapters for parameter-efficient fine-tuning of language models",
        abstract="We train adapters of a pre-trained language model.",
        ids=[("arxiv", "2401.00001")],
    )
    evidence = [{"text": "We train adapters.", "cell": "training/model", "weight": 1.0}]
    builder.label(paper, "training/model", topics=(PEFT,), evidence=evidence)
    labels = (HandLabel(id="a:1", title="Low-rank adapters", relevant=True, primary="training/model"),)
    reviewer = ReviewerModel(load_classifier(DEFAULT_FOLDER, TAXONOMY, mode="fast"), labels)
    with builder.read() as session:
        item = review_item(session, TAXONOMY, reviewer, "arxiv:2401.00001")
    assert item.row.cells == ("training/model",)
    assert item.evidence[0].text == "We train adapters."
    assert item.places[0].topic == PEFT
    assert [near.id for near in item.nearest] == ["a:1"]


def test_a_grid_of_another_kind_is_reviewed_without_the_model(builder: Any) -> None:
    other = TAXONOMY.model_copy(update={"version": "2.0", "name": "another"})
    builder.label(builder.paper("Any", ids=[("arxiv", "2401.00001")]), "training/model", version="2.0")
    with builder.read() as session:
        item = review_item(session, other, NOTHING, "arxiv:2401.00001")
        assert review_queue(session, other, NOTHING) == ["arxiv:2401.00001"]
    assert (item.places, item.nearest) == ((), ())


def test_the_shipped_reviewer_knows_the_shipped_labels() -> None:
    reviewer = load_reviewer(TAXONOMY, DEFAULT_FOLDER)
    assert reviewer.model is not None
    assert len(reviewer.known_ids) > 11_000
    assert sum(reviewer.by_cell.values()) > 8_000


def test_agreement_counts_and_its_interval(builder: Any) -> None:
    a, b = "training/model", "training/data"
    found = agreement_of(
        [
            Comparison((a,), (a,)),
            Comparison((a, b), (b,)),
            Comparison((a,), ()),
            Comparison((), ()),
            Comparison((), (a,)),
        ]
    )
    assert (found.papers, found.relevance, found.on_subject) == (5, 3, 3)
    assert (found.first_cell, found.any_cell) == (1, 2)
    low, high = found.first_cell_interval
    assert 0 < low < 1 / 3 < high < 1
    paper = builder.paper("Any", ids=[("arxiv", "2401.00001")])
    builder.label(paper, a)
    builder.label(paper, b, method="person")
    with builder.read() as session:
        assert agreement_with_model(session, TAXONOMY).first_cell == 0
    assert agreement_of([]).first_cell_interval == (0.0, 1.0)


def test_every_cell_has_a_key_of_its_own_that_streamlit_allows() -> None:
    keys = cell_keys(TAXONOMY)
    assert set(keys) == set(TAXONOMY.cells)
    assert len(set(keys.values())) == 18
    assert not set(keys.values()) & {"C", "R"}


def test_places_are_read_as_people_write_them() -> None:
    assert place_named(TAXONOMY, "off") == ((), ())
    assert place_named(TAXONOMY, "training/model") == (("training/model",), ())
    assert place_named(TAXONOMY, f"inference/data, {PEFT}") == (("inference/data", "training/model"), (PEFT,))
    for wrong in ("", "training", "training/model/never", ",".join(TAXONOMY.cells[:4])):
        with pytest.raises(RefusedInputError):
            place_named(TAXONOMY, wrong)
