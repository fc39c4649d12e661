"""Search by meaning: exact cosine, fused with the ranking by words."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from db.vectors import papers_to_embed, store_vectors
from foundation.errors import RefusedInputError
from landscape import meaning
from landscape.columns import load_columns
from landscape.meaning import (
    MeaningIndex,
    find_by_meaning,
    fused,
    load_index,
    meaning_order,
    query_vector,
)
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy

CELL = "training/data"


class Compass:
    """Embeds a text by the points of the compass that it names."""

    name, dimensions = "compass", 4
    points = ("north", "east", "south", "west")

    def embed(self, texts, progress=None):
        rows = np.array([[text.lower().count(point) for point in self.points] for text in texts], dtype=float)
        rows += 1e-3
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def taxonomy() -> Taxonomy:
    return load_taxonomy()


@pytest.fixture
def papers(builder):
    """Row ids by name; all but one have a vector."""
    titles = {
        "north": "North",
        "northeast": "North and east",
        "east": "East, the orient",
        "south": "South",
        "bare": "The orient without a vector",
    }
    found = {name: builder.paper(title, published=date(2026, 3, 1)) for name, title in titles.items()}
    for name in ("north", "northeast", "east"):
        builder.label(found[name], CELL)
    builder.label(found["south"], "inference/model", topics=["inference/model/quantisation"])
    with builder.store.write() as session:
        batch = [each for each in papers_to_embed(session, "compass") if each.paper_id != found["bare"]]
        store_vectors(session, "compass", batch, Compass().embed([each.title for each in batch]))
    return found


def titles_of(page) -> list[str]:
    return [row.title for row in page.rows]


def test_the_nearest_come_first_with_their_likeness(builder, taxonomy, papers) -> None:
    embedder = Compass()
    with builder.read() as session:
        index = load_index(session, embedder)
        assert len(index) == 4
        page = find_by_meaning(session, taxonomy, index, embedder, "go north", words_too=False)
        assert titles_of(page)[:2] == ["North", "North and east"]
        assert page.rows[0].score == pytest.approx(1.0, abs=2e-3)
        assert page.rows[1].score == pytest.approx(0.707, abs=2e-3)
        second = find_by_meaning(
            session, taxonomy, index, embedder, "go north", words_too=False, limit=1, offset=1
        )
        assert (titles_of(second), second.total) == (["North and east"], page.total)


def test_words_and_meaning_together_find_what_either_alone_misses(builder, taxonomy, papers) -> None:
    embedder = Compass()
    with builder.read() as session:
        index = load_index(session, embedder)
        page = find_by_meaning(session, taxonomy, index, embedder, "orient east")
        assert titles_of(page)[0] == "East, the orient"
        by_words = find_by_meaning(session, taxonomy, index, embedder, "orient")
        assert "The orient without a vector" in titles_of(by_words)
        bare = next(row for row in by_words.rows if row.title.startswith("The orient"))
        assert bare.score is None


def test_cell_topic_and_filter_narrow_what_is_found(builder, taxonomy, papers) -> None:
    embedder = Compass()
    with builder.read() as session:
        index = load_index(session, embedder)

        def found(**narrowed) -> set[str]:
            return set(titles_of(find_by_meaning(session, taxonomy, index, embedder, "south", **narrowed)))

        assert found(cell="inference/model") == {"South"}
        assert found(topic="inference/model/quantisation") == {"South"}
        assert found(cell="inference/data") == set()
        assert found(filter=LandscapeFilter(year_from=2030)) == set()


def test_papers_like_a_paper_are_the_nearest_others(builder, taxonomy, papers) -> None:
    with builder.read() as session:
        index = load_index(session, Compass())
    like = index.like_paper(papers["north"], 2)
    assert [paper for paper, _ in like] == [papers["northeast"], papers["east"]]
    assert index.like_paper(papers["bare"]) == []
    assert index.like_paper(10**6) == []


def test_a_page_gets_the_order_as_indexes_of_its_columns(builder, taxonomy, papers) -> None:
    embedder = Compass()
    with builder.read() as session:
        index, columns = load_index(session, embedder), load_columns(session, taxonomy)
        order = meaning_order(session, index, columns, query_vector(embedder, "north"))
        assert columns.paper_id[order][:2].tolist() == [papers["north"], papers["northeast"]]
        both = meaning_order(session, index, columns, query_vector(embedder, "orient"), "orient")
        assert papers["bare"] in columns.paper_id[both].tolist()


def test_a_large_store_in_half_precision_finds_the_same(monkeypatch) -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(500, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = np.arange(1, 501)
    monkeypatch.setattr(meaning, "BLOCK_PAPERS", 64)
    single = MeaningIndex("m", ids, vectors).nearest(vectors[7], 20)
    half = MeaningIndex("m", ids, vectors.astype(np.float16)).nearest(vectors[7], 20)
    assert [paper for paper, _ in single][:10] == [paper for paper, _ in half][:10]
    truth = sorted(range(500), key=lambda row: -float(vectors[row] @ vectors[7]))[:20]
    assert [paper - 1 for paper, _ in single] == truth


def test_rankings_are_fused_by_reciprocal_rank() -> None:
    assert fused([[1, 2, 3], [3, 1]]) == [1, 3, 2]
    assert fused([[5], [4]]) == [4, 5]
    assert fused([[], []]) == []


@pytest.mark.parametrize("query", ["", "  \n\t "])
def test_an_empty_query_is_refused(query: str) -> None:
    with pytest.raises(RefusedInputError):
        query_vector(Compass(), query)


def test_an_empty_store_has_an_empty_index(builder, taxonomy) -> None:
    with builder.read() as session:
        index = load_index(session, Compass())
        assert len(index) == 0
        assert find_by_meaning(session, taxonomy, index, Compass(), "north").total == 0
