"""One paper with everything that is known of it."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.errors import RefusedInputError
from landscape.paper import get_paper
from taxonomy.loader import load_taxonomy

DATA, MODEL = "training/data", "inference/model"


def test_history_is_shown_whole_with_the_label_in_force_marked(builder: Any) -> None:
    paper = builder.paper("One", ids=(("acl", "2023.acl-long.1"), ("arxiv", "2301.00001")))
    evidence = [{"text": "A sentence.", "cell": MODEL, "weight": 1.5}]
    model = builder.label(paper, MODEL, topics=(f"{MODEL}/quantisation",), evidence=evidence)
    wrong = builder.label(paper, DATA, method="person", note="A slip.")
    builder.retract(wrong)
    with builder.read() as session:
        detail = get_paper(session, load_taxonomy(), "arxiv:2301.00001")
    assert detail.row.id == "acl:2023.acl-long.1"
    assert detail.row.cell == MODEL
    assert [label.id for label in detail.labels] == [wrong, model]
    retracted, current = detail.labels
    assert (retracted.method, retracted.note, retracted.retracted_by) == ("person", "A slip.", "bo")
    assert retracted.run is None
    assert not retracted.is_current
    assert current.is_current
    assert current.run == "a model dddddddddddd"
    assert current.cells == ((MODEL, 0.8),)
    assert current.topics == ((f"{MODEL}/quantisation", 0.8),)
    assert current.retracted_at is None
    assert [(view.text, view.cell, view.weight) for view in detail.evidence] == [("A sentence.", MODEL, 1.5)]
    assert detail.relevance == 0.9
    assert detail.abstract == "An abstract."


def test_every_record_of_every_source_is_shown(builder: Any) -> None:
    paper = builder.paper("One")
    builder.record(paper, "acl_anthology", "2023.acl-long.1")
    builder.record(paper, "arxiv", "2301.00001", version=1)
    builder.record(paper, "arxiv", "2301.00001", version=2, url="file:import.xml")
    with builder.read() as session:
        detail = get_paper(session, load_taxonomy(), f"arxiv:{paper}")
    assert [(record.source, record.version, record.url) for record in detail.records] == [
        ("acl_anthology", None, "https://example.org/"),
        ("arxiv", 1, "https://example.org/"),
        ("arxiv", 2, None),
    ]
    assert detail.records[0].title == "acl_anthology says"
    assert detail.labels == ()
    assert (detail.row.verdict, detail.relevance, detail.evidence) == (None, None, ())


@pytest.mark.parametrize("public_id", ["arxiv:9999.99999", "", ":", "nonsense", "arxiv:' OR 1=1 --"])
def test_unknown_id_is_refused_by_name(builder: Any, public_id: str) -> None:
    builder.paper("One")
    with builder.read() as session, pytest.raises(RefusedInputError, match="no paper in the store") as caught:
        get_paper(session, load_taxonomy(), public_id)
    assert caught.value.facts == {"id": public_id}


def test_odd_evidence_in_the_store_does_no_harm(builder: Any) -> None:
    paper = builder.paper("One")
    builder.label(paper, DATA, evidence=[{"text": 5}, {"cell": DATA}, {"text": "Good.", "weight": "x"}])
    with builder.read() as session:
        detail = get_paper(session, load_taxonomy(), f"arxiv:{paper}")
    assert [(view.text, view.cell, view.weight) for view in detail.evidence] == [("Good.", "", 0.0)]
