"""Lists of papers by how well they match words."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

import landscape.papers as papers
from landscape.columns import load_columns, passing_mask
from landscape.papers import ListQuery, list_order
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy


@pytest.fixture
def store(builder):
    """Nine papers that name sheep in the abstract, and an older one that names them in the title."""
    builder.paper("Sheep, sheep and sheep", published=date(2024, 1, 1))
    for number in range(9):
        builder.paper(f"Invented {number}", abstract="On sheep.", published=date(2025, 1, 1 + number))
    builder.paper("Bolts under load", abstract="Steel.", published=date(2026, 1, 1))
    return builder


def _titles(store) -> list[int]:
    with store.read() as session:
        columns = load_columns(session, load_taxonomy())
        mask = passing_mask(session, columns, LandscapeFilter(words="sheep"))
        order = list_order(session, columns, mask, ListQuery(words="sheep"))
        return [int(columns.paper_id[place]) for place in np.asarray(order)]


def test_the_best_match_comes_first(store) -> None:
    found = _titles(store)
    assert len(found) == 10
    assert found[0] == 1


def test_a_word_on_most_papers_leaves_them_by_date(store, monkeypatch: pytest.MonkeyPatch) -> None:
    # Ranking a hundred thousand matches of one word took longer than everything else of a search.
    monkeypatch.setattr(papers, "COMMON_PAPERS", 5)
    found = _titles(store)
    assert found == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    monkeypatch.setattr(papers, "COMMON_SHARE", 0.95)
    assert _titles(store)[0] == 1
