from __future__ import annotations

import json

import pytest

from db.decisions import export_human_labels, import_human_labels
from db.engine import open_store
from db.labels import retract_label
from db.papers import store_page
from foundation.errors import RefusedInputError
from taxonomy.loader import load_taxonomy

TAXONOMY = load_taxonomy()
CELL = TAXONOMY.cells[0]
OTHER = TAXONOMY.cells[1]
TOPIC = TAXONOMY.topics_by_cell[CELL][0].id
AT = "2026-01-01T12:00:00+00:00"
ROWS = [
    {"id": "arxiv:2303.00001", "verdict": "labelled", "cell": CELL, "topics": [TOPIC], "by": "me", "at": AT},
    {"id": "arxiv:2303.00002", "verdict": "not-relevant", "cell": None, "topics": [], "by": "you", "at": AT},
    {
        "id": "arxiv:2303.00001", "verdict": "unsure", "cell": OTHER, "topics": [], "by": "me", "at": AT,
        "cells": [OTHER, CELL], "note": "second thoughts",
    },
]  # fmt: skip


@pytest.fixture
def filled(store, record, page, now):
    with store.write() as session:
        store_page(
            session, page(*(record("arxiv", f"2303.{n:05}", f"2303.{n:05}") for n in range(1, 4))), at=now
        )
    return store


def put(store, rows):
    with store.write() as session:
        return import_human_labels(session, rows, taxonomy=TAXONOMY)


def test_labels_come_out_as_they_went_in_and_again_changes_nothing(filled) -> None:
    assert put(filled, ROWS).added == 3
    with filled.read() as session:
        out = list(export_human_labels(session))
    assert json.loads(json.dumps(out)) == ROWS
    again = put(filled, out)
    assert (again.added, again.known, again.unresolved) == (0, 3, ())


def test_papers_that_are_not_there_are_listed(filled) -> None:
    done = put(
        filled,
        [{**ROWS[0], "id": "https://arxiv.org/abs/2303.00003v2"}, {**ROWS[0], "id": "doi:10.1234/none"}],
    )
    assert (done.added, done.unresolved) == (1, ("doi:10.1234/none",))


def test_what_was_taken_back_stays_here(filled, now) -> None:
    put(filled, ROWS)
    with filled.write() as session:
        retract_label(session, 1, by="me", at=now)
    with filled.read() as session:
        assert len(list(export_human_labels(session))) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell": "nowhere/nothing"}, "cell that does not exist"),
        ({"topics": ["a/b/c"]}, "topic that does not exist"),
        ({"at": "2026-01-01T12:00:00"}, "at"),
        ({"verdict": "maybe"}, "verdict"),
        ({"cell": None}, "needs a cell"),
        ({"surprise": 1}, "surprise"),
        ({"by": ""}, "by"),
        ({"cells": [OTHER]}, "first of"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_stored(filled, change, message) -> None:
    with pytest.raises(RefusedInputError, match=r"label 2.*" + message):
        put(filled, [ROWS[0], {**ROWS[0], **change}])
    with filled.read() as session:
        assert list(export_human_labels(session)) == []


def test_another_store_takes_them_over(filled, tmp_path, record, page, now) -> None:
    put(filled, ROWS)
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    with other.write() as session:
        store_page(session, page(*(record("arxiv", f"2303.{n:05}", f"2303.{n:05}") for n in (2, 1))), at=now)
    with filled.read() as session:
        assert put(other, export_human_labels(session)).added == 3
    other.dispose()
