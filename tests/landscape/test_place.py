"""What a cell or topic holds in a few lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from landscape.columns import NO_DAY, PaperColumns
from landscape.meaning import MeaningIndex
from landscape.place import LEAST_FOR_CENTRE, place_facts

CELLS = ("training/data", "training/model")
TOPICS = ("training/data/synthetic", "training/model/peft")


def _columns(years: list[int], cells: list[int], borne: list[tuple[int, int]]) -> PaperColumns:
    n_papers = len(years)
    zeros = np.zeros(n_papers, dtype=np.int64)
    return PaperColumns(
        as_of=None, taxonomy_version="1.0", cell_ids=CELLS, topic_ids=TOPICS, classifier=None,
        venues=(), sources=("library",), paper_id=np.arange(10, 10 + n_papers), year=np.array(years),
        day=np.array([date(year, 6, 1).toordinal() if year else NO_DAY for year in years]),
        venue=zeros - 1, source=zeros, citations=zeros - 1, assignment=zeros + 1, verdict=zeros + 1,
        method=zeros + 1, cell=np.array(cells), score=np.full(n_papers, 0.5),
        further=np.empty((0, 2), dtype=np.int64), borne=np.array(borne, dtype=np.int64).reshape(-1, 2),
        borne_score=np.full(len(borne), 0.5), borne_position=np.zeros(len(borne), dtype=np.int64),
    )  # fmt: skip


def test_years_are_told_without_a_gap_and_the_undated_apart() -> None:
    columns = _columns([2020, 2023, 0, 2023, 2021], [0, 0, 0, 0, 1], [])
    facts = place_facts(columns, np.ones(5, dtype=bool), "training/data")
    assert facts.by_year == ((2020, 1), (2021, 0), (2022, 0), (2023, 2))
    assert facts.undated == 1
    assert set(facts.newest) == {1, 3, 0}
    assert facts.newest[-1] == 0


def test_neighbours_are_topics_that_the_same_papers_bear() -> None:
    columns = _columns([2020, 2021, 2022], [0, 0, 1], [(0, 0), (0, 1), (1, 1), (2, 1)])
    every = np.ones(3, dtype=bool)
    assert place_facts(columns, every, "training/data").neighbours == (("training/model/peft", 2),)
    assert place_facts(columns, every, "training/model/peft").neighbours == (("training/data/synthetic", 1),)


def test_central_papers_are_nearest_to_the_middle_of_meaning() -> None:
    n_papers = LEAST_FOR_CENTRE + 1
    columns = _columns([2020] * n_papers, [0] * n_papers, [])
    angles = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 1.5])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    index = MeaningIndex("test", columns.paper_id, vectors)
    facts = place_facts(columns, np.ones(n_papers, dtype=bool), "training/data", index)
    assert facts.central_by == "meaning"
    middle = vectors.mean(axis=0)
    assert list(facts.central) == np.argsort(-(vectors @ middle))[:3].tolist()
    assert 5 not in facts.central


def test_without_vectors_the_most_cited_stand_in_and_without_counts_nothing_does() -> None:
    columns = _columns([2020, 2021, 2022], [0, 0, 0], [])
    every = np.ones(3, dtype=bool)
    assert place_facts(columns, every, "training/data").central_by == "nothing"
    cited = replace(columns, citations=np.array([5, -1, 50]))
    facts = place_facts(cited, every, "training/data")
    assert (facts.central_by, facts.central) == ("citations", (2, 0))


def test_an_empty_place_has_no_facts() -> None:
    columns = _columns([2020], [0], [])
    facts = place_facts(columns, np.zeros(1, dtype=bool), "training/model")
    assert (facts.by_year, facts.newest, facts.central, facts.neighbours) == ((), (), (), ())
