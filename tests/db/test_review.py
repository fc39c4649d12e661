from __future__ import annotations

from datetime import timedelta

import pytest

from db.labels import NewLabel, add_labels, begin_classifier_run, current_labels
from db.papers import find_paper_ids, store_page
from db.review import (
    answers_by,
    compared_between_people,
    compared_with_model,
    keep_answer,
    labels_by_people,
    model_labelled,
    names_of_papers,
    undo_last_answer,
)
from taxonomy.loader import founding_taxonomy

TAXONOMY = founding_taxonomy()
A, B = "training/model", "inference/context"
PEFT = "training/model/peft"
# number -> cell and score of the model's label
MODEL = {1: (A, 0.9), 2: (A, 0.3), 3: (A, 0.5), 4: (B, 0.6), 5: (None, 0.0), 6: (None, 0.0)}
RELEVANCE = {5: 0.4, 6: 0.01}


@pytest.fixture
def ids(store, record, page, now):
    names = {n: f"arxiv:2303.{n:05}" for n in range(1, 8)}
    with store.write() as session:
        store_page(session, page(*(record("arxiv", f"2303.{n:05}", f"2303.{n:05}") for n in names)), at=now)
        found = find_paper_ids(session, list(names.values()))
        rows = {n: found[name] for n, name in names.items()}
        model_says(session, rows, now, digest="d" * 64)
    return rows


def model_says(session, rows, at, *, digest):
    run = begin_classifier_run(
        session, method="model", name="m", digest=digest, taxonomy_version=TAXONOMY.version, at=at
    )
    labels = [
        NewLabel(
            rows[n],
            "cell-no-topic" if cell else "not-relevant",
            0.9 if cell else RELEVANCE[n],
            cells=((cell, score),) if cell else (),
            by="m",
        )
        for n, (cell, score) in MODEL.items()
    ]
    add_labels(session, run, labels, taxonomy_version=TAXONOMY.version, at=at)


def answer(store, paper, at, *, cells=(B,), topics=(), by="ada"):
    with store.write() as session:
        return keep_answer(
            session, paper, cells=cells, topics=topics, taxonomy_version=TAXONOMY.version, by=by, at=at
        )


def waiting(store, **limits):
    with store.read() as session:
        return model_labelled(session, taxonomy_version=TAXONOMY.version, **limits)


def test_the_most_doubtful_of_each_cell_and_the_nearest_to_the_border(store, ids):
    found = waiting(store, per_cell=2, doubtful=1)
    assert {paper.paper_id for paper in found} == {ids[2], ids[3], ids[4], ids[5]}
    by_id = {paper.paper_id: paper for paper in found}
    assert (by_id[ids[2]].cell, by_id[ids[2]].score, by_id[ids[2]].relevance) == (A, 0.3, 0.9)
    assert (by_id[ids[5]].cell, by_id[ids[5]].score, by_id[ids[5]].relevance) == (None, 0.0, 0.4)
    assert len(waiting(store)) == 6  # the seventh paper bears no label


def test_what_a_person_answered_waits_no_longer_until_it_is_taken_back(store, ids, now):
    answer(store, ids[2], now)
    assert ids[2] not in {paper.paper_id for paper in waiting(store)}
    with store.write() as session:
        assert undo_last_answer(session, by="bo", at=now) is None
        assert undo_last_answer(session, by="ada", at=now) == "arxiv:2303.00002"
        assert undo_last_answer(session, by="ada", at=now) is None
    assert ids[2] in {paper.paper_id for paper in waiting(store)}


def test_undo_goes_back_one_answer_after_the_other(store, ids, now):
    answer(store, ids[1], now)
    answer(store, ids[4], now)
    with store.write() as session:
        assert answers_by(session, "ada") == 2
        assert undo_last_answer(session, by="ada", at=now) == "arxiv:2303.00004"
        assert undo_last_answer(session, by="ada", at=now) == "arxiv:2303.00001"
        assert answers_by(session, "ada") == 0


def test_a_changed_model_never_overwrites_an_answer(store, ids, now):
    kept = answer(store, ids[2], now, cells=(B, A), topics=(PEFT,))
    later = now + timedelta(days=1)
    with store.write() as session:
        model_says(session, ids, later, digest="e" * 64)
    with store.read() as session:
        label = current_labels(taxonomy_version=TAXONOMY.version).subquery()
        in_force = {row.paper_id: row for row in session.connection().execute(label.select())}
    assert in_force[ids[2]].assignment_id == kept
    assert in_force[ids[2]].method == "person"
    assert in_force[ids[3]].method == "model"
    assert ids[2] not in {paper.paper_id for paper in waiting(store)}


def test_answers_count_by_primary_cell(store, ids, now):
    answer(store, ids[1], now, cells=(B, A))
    answer(store, ids[2], now, cells=(B,))
    answer(store, ids[3], now, cells=())
    with store.write() as session:
        assert labels_by_people(session) == {B: 2}
        undo_last_answer(session, by="ada", at=now)
        undo_last_answer(session, by="ada", at=now)
        assert labels_by_people(session) == {B: 1}


def test_agreement_is_with_what_the_model_said_before(store, ids, now):
    answer(store, ids[1], now, cells=(A,))
    answer(store, ids[4], now, cells=(A, B))
    answer(store, ids[5], now, cells=())
    answer(store, ids[7], now)  # no model read it
    with store.write() as session:
        model_says(session, ids, now + timedelta(days=1), digest="e" * 64)
    with store.read() as session:
        found = {
            (pair.cells, pair.other_cells)
            for pair in compared_with_model(session, taxonomy_version=TAXONOMY.version)
        }
    assert found == {((A,), (A,)), ((A, B), (B,)), ((), ())}


def test_people_are_compared_on_papers_that_two_of_them_read(store, ids, now):
    answer(store, ids[1], now, cells=(A,), by="ada")
    answer(store, ids[1], now, cells=(A, B), by="ada")  # her second thoughts stand
    answer(store, ids[2], now, cells=(A,), by="ada")
    answer(store, ids[1], now, cells=(B,), by="bo")
    with store.read() as session:
        (pair,) = compared_between_people(session)
    assert (pair.cells, pair.other_cells) == ((A, B), (B,))


def test_names_of_papers_hold_every_id(store, ids):
    with store.read() as session:
        names = names_of_papers(session, [ids[1]])[ids[1]]
    assert names.key in names.ids
    assert "arxiv:2303.00001" in names.ids
