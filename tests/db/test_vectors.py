"""Sentence vectors and places on the map, on both databases."""

from __future__ import annotations

import numpy as np
import pytest

from db.labels import NewLabel, add_labels
from db.papers import find_paper_ids, store_page
from db.vectors import (
    MapPlace,
    count_to_embed,
    count_vectors,
    load_map,
    load_vectors,
    papers_to_embed,
    store_map,
    store_vectors,
)

MODEL, DIMENSIONS, VERSION = "a-model", 4, "1.0"
IDS = tuple(f"arxiv:2303.0000{number}" for number in range(1, 5))


@pytest.fixture
def papers(store, record, page, now) -> list[int]:
    with store.write() as session:
        records = [
            record(
                "arxiv", name.removeprefix("arxiv:"), name.removeprefix("arxiv:"), title=f"Invented {name}"
            )
            for name in IDS
        ]
        store_page(session, page(*records), at=now)
        return [find_paper_ids(session, [name])[name] for name in IDS]


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def test_vectors_come_back_in_order_of_papers_and_a_batch_is_not_asked_for_twice(store, papers) -> None:
    with store.write() as session:
        batch = papers_to_embed(session, MODEL, limit=3)
        assert [paper.paper_id for paper in batch] == papers[:3]
        assert batch[0].title == f"Invented {IDS[0]}"
        vectors = np.stack([unit(1, number, 0, 2) for number in range(3)])
        assert store_vectors(session, MODEL, batch, vectors) == 3
        assert (count_vectors(session, MODEL), count_to_embed(session, MODEL)) == (3, 1)
        assert [paper.paper_id for paper in papers_to_embed(session, MODEL)] == papers[3:]
        assert papers_to_embed(session, MODEL, after=papers[3]) == []
        assert [paper.paper_id for paper in papers_to_embed(session, MODEL, only=papers[:2])] == []
    with store.read() as session:
        table = load_vectors(session, MODEL, DIMENSIONS)
        assert table.paper_ids.tolist() == papers[:3]
        assert table.vectors.dtype == np.float16
        np.testing.assert_allclose(table.vectors, vectors, atol=1e-3)
        one = load_vectors(session, MODEL, DIMENSIONS, only=[papers[1]])
        assert one.paper_ids.tolist() == [papers[1]]


def test_a_vector_of_another_model_or_length_is_not_taken_for_ours(store, papers) -> None:
    with store.write() as session:
        batch = papers_to_embed(session, MODEL)
        store_vectors(session, "another", batch, np.ones((4, DIMENSIONS), dtype=np.float32))
        assert count_to_embed(session, MODEL) == 4
        assert len(load_vectors(session, MODEL, DIMENSIONS).paper_ids) == 0
        assert load_vectors(session, "another", DIMENSIONS + 1).vectors.shape == (0, DIMENSIONS + 1)


def test_a_changed_text_is_embedded_again_and_its_old_vector_makes_room(
    store, papers, record, page, now
) -> None:
    with store.write() as session:
        batch = papers_to_embed(session, MODEL)
        store_vectors(session, MODEL, batch, np.ones((4, DIMENSIONS), dtype=np.float32))
        changed = record("arxiv", "2303.00002", "2303.00002", version=2, title="Quite another title")
        store_page(session, page(changed), at=now)
        (stale,) = papers_to_embed(session, MODEL)
        assert (stale.paper_id, stale.title) == (papers[1], "Quite another title")
        # The text that was read before the change is stored late: the paper stays stale.
        store_vectors(session, MODEL, [batch[1]], np.ones((1, DIMENSIONS), dtype=np.float32))
        assert count_to_embed(session, MODEL) == 1
        store_vectors(session, MODEL, [stale], unit(0, 1, 0, 0)[None])
        assert (count_to_embed(session, MODEL), count_vectors(session, MODEL)) == (0, 4)
        assert load_vectors(session, MODEL, DIMENSIONS, only=[papers[1]]).vectors.tolist() == [[0, 1, 0, 0]]


def test_papers_off_the_subject_and_without_a_label_get_no_vector_behind_classify(store, papers, now) -> None:
    with store.write() as session:
        labels = [
            NewLabel(papers[0], "labelled", 1.0, cells=(("training/data", 1.0),), method="person", by="a"),
            NewLabel(papers[1], "not-relevant", 0.0, method="person", by="a"),
            NewLabel(papers[2], "unsure", 1.0, cells=(("training/data", 0.2),), method="person", by="a"),
        ]
        add_labels(session, None, labels, taxonomy_version=VERSION, at=now)
        wanted = papers_to_embed(session, MODEL, relevant_on=VERSION)
        assert [paper.paper_id for paper in wanted] == [papers[0], papers[2]]
        assert count_to_embed(session, MODEL, relevant_on=VERSION) == 2
        assert count_to_embed(session, MODEL) == 4


def test_a_paper_that_has_gone_meanwhile_is_left_out(store, papers) -> None:
    from dataclasses import replace

    with store.write() as session:
        batch = papers_to_embed(session, MODEL, limit=1)
        gone = replace(batch[0], paper_id=10**6)
        kept = store_vectors(session, MODEL, [*batch, gone], np.ones((2, DIMENSIONS), dtype=np.float32))
        assert kept == count_vectors(session, MODEL) == 1
        store_map(session, [MapPlace(papers[0], 0.5, 1.5, True), MapPlace(10**6, 0.0, 0.0, False)])
        assert load_map(session) == [MapPlace(papers[0], 0.5, 1.5, True)]


def test_a_new_map_takes_the_place_of_the_old_one(store, papers) -> None:
    with store.write() as session:
        assert load_map(session) == []
        store_map(session, [MapPlace(paper, 1.0, 2.0, True) for paper in papers])
        places = [MapPlace(papers[2], 3.0, 4.0, False), MapPlace(papers[0], 5.0, 6.0, True)]
        store_map(session, places)
    with store.read() as session:
        assert load_map(session) == sorted(places, key=lambda place: place.paper_id)
