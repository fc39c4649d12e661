"""Places of papers, what is drawn, and what lies inside an outline."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from db.discovery import NewSubTopic, store_discovery
from db.vectors import MapPlace, store_map
from landscape.columns import load_columns
from landscape.paper_map import PaperMap, areas, drawn, inside, load_paper_map, members_of, titles_of
from taxonomy.loader import load_taxonomy

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def mapped(builder):
    """Two heaps of papers on the map, one paper off the subject, one without a place."""
    papers = [builder.paper(f"Paper {number} " + "x" * 100) for number in range(12)]
    for number, paper in enumerate(papers[:10]):
        builder.label(paper, "training/data" if number < 5 else "add-ons/model")
    builder.label(papers[10], verdict="not-relevant")
    builder.label(papers[11], "training/data")
    with builder.store.write() as session:
        places = [
            MapPlace(paper, (0.0 if number < 5 else 10.0) + number / 100, number / 100, True)
            for number, paper in enumerate(papers[:11])
        ]
        store_map(session, places)
        groups = [
            _group("kites", papers[:5]),
            _group("canals", papers[5:10]),
            _group("scattered", [papers[0], papers[6], papers[9], papers[1]]),
            _group("two", papers[:2]),
        ]
        store_discovery(session, groups, at=NOW, taxonomy_version="1.0", model="m", papers=10)
    return papers


def _group(name: str, papers: list[int]) -> NewSubTopic:
    return NewSubTopic(
        cell="training/data", slug=f"training/data/{name}", name=name,
        phrases=((name, 0.5), ("a phrase far too long to stand on a map", 0.4)), paper_ids=tuple(papers),
        coherence=0.0, tightness=0.8, growth=None, nearest_topic=None, nearness=0.0, held=0.0, score=0.1,
        proposed=True,
    )  # fmt: skip


def test_the_map_holds_papers_of_the_landscape_with_a_place(builder, mapped) -> None:
    with builder.read() as session:
        columns = load_columns(session, load_taxonomy())
        found = load_paper_map(session, columns)
        assert columns.paper_id[found.index].tolist() == mapped[:10]
        assert found.x[0] == 0.0
        assert found.row.tolist() == [0] * 5 + [2] * 5
        titles = titles_of(session, columns, found.index.tolist())
        assert len(titles) == 10
        assert all(len(title) <= 90 and title.endswith("…") for title in titles.values())


def test_without_a_map_there_is_none(builder) -> None:
    builder.label(builder.paper("Alone"), "training/data")
    with builder.read() as session:
        columns = load_columns(session, load_taxonomy())
        found = load_paper_map(session, columns)
        assert len(found) == 0
        assert areas(session, columns, found) == ()
        assert [len(part) for part in drawn(found, np.ones(len(columns), dtype=bool))] == [0, 0]


def test_areas_lie_where_their_papers_do_and_none_where_these_are_scattered(builder, mapped) -> None:
    with builder.read() as session:
        columns = load_columns(session, load_taxonomy())
        found = load_paper_map(session, columns)
        named = {area.name: area for area in areas(session, columns, found)}
        assert set(named) == {"kites", "canals"}
        assert (named["kites"].x, named["kites"].n_papers) == (pytest.approx(0.02), 5)
        own = members_of(session, columns, found, named["canals"].group)
        assert columns.paper_id[found.index[own]].tolist() == mapped[5:10]
        assert members_of(session, columns, found, 10**6).tolist() == []


def test_what_passes_is_drawn_before_what_does_not_and_no_more_than_the_limit() -> None:
    count = 100
    found = PaperMap(np.arange(count), np.zeros(count), np.zeros(count), np.zeros(count, dtype=np.int64))
    mask = np.arange(count) % 2 == 0
    front, behind = drawn(found, mask, limit=70)
    assert front.tolist() == list(range(0, count, 2))
    assert len(behind) == 20
    assert not mask[behind].any()
    few, none = drawn(found, mask, limit=10)
    assert (len(few), len(none)) == (10, 0)
    assert len(set(few.tolist())) == 10


def test_inside_an_outline_also_where_it_is_hollow() -> None:
    x, y = np.meshgrid(np.arange(5.0) + 0.5, np.arange(5.0) + 0.5)
    found = PaperMap(np.arange(25), x.ravel(), y.ravel(), np.zeros(25, dtype=np.int64))
    square = [(1, 1), (4, 1), (4, 4), (1, 4)]
    within = inside(found, square)
    expected = (found.x > 1) & (found.x < 4) & (found.y > 1) & (found.y < 4)
    assert within.tolist() == expected.tolist()
    notched = [(0, 0), (5, 0), (5, 5), (2.6, 1), (0, 5)]  # a notch from above down to (2.6, 1)
    at = {
        (float(a), float(b)): bool(c)
        for a, b, c in zip(found.x, found.y, inside(found, notched), strict=True)
    }
    assert at[0.5, 0.5]
    assert not at[2.5, 3.5]
    assert not inside(found, [(0, 0), (5, 0), (5, 0)]).any()
