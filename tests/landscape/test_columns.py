"""The columns say what the database says: counts, lists, orders, under every filter."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from landscape.column_counts import count_columns, members, newest_by_place, ordered, shared_topics
from landscape.columns import day_of, load_columns, passing_mask
from landscape.grid import take_snapshot
from landscape.reading import list_papers
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy

TAXONOMY = load_taxonomy()
FILTERS = (
    LandscapeFilter(),
    LandscapeFilter(venues=("ACL",)),
    LandscapeFilter(venues=("ACL", "no such venue"), sources=("pmlr",)),
    LandscapeFilter(year_from=2025),
    LandscapeFilter(year_until=2024),
    LandscapeFilter(minimum_score=0.5),
    LandscapeFilter(words="retrieval"),
    LandscapeFilter(words="retrieval", year_from=2025, minimum_score=0.3, sources=("arxiv",)),
    LandscapeFilter(venues=("no such venue",)),
)


@pytest.fixture
def random_store(builder, now):
    chance = random.Random(7)
    cells, topics = list(TAXONOMY.cells)[:5], list(TAXONOMY.topic_by_id)[:9]
    old = now - timedelta(days=100)
    runs = {when: builder.run(at=when) for when in (old, now)}
    library = builder.run("library")
    for number in range(120):
        day = date(2023, 6, 1) + timedelta(days=chance.randrange(1_250))
        paper = builder.paper(
            f"Paper on {chance.choice(('retrieval', 'adapters'))} {chance.randrange(50)}",
            published=chance.choice((day, day, day, None)),
            year=chance.choice((day.year, day.year, None)),
            venue=chance.choice(("ACL", "ICML", None)),
            source=chance.choice(("arxiv", "arxiv", "pmlr")),
            first_seen=chance.choice((old, now)),
        )
        for when in chance.choice(((), (old,), (old, now), (now,))):
            chosen = chance.sample(cells, chance.choice((0, 1, 1, 2, 3)))
            label = builder.label(
                paper,
                *chosen,
                topics=chance.sample(topics, chance.choice((0, 1, 2))) if chosen else (),
                verdict=chance.choice((None, None, "unsure")) if chosen else None,
                score=chance.random(),
                at=when,
                run_id=runs[when],
            )
            if chance.random() < 0.1:
                builder.retract(label)
        if number % 10 == 0:
            method = chance.choice(("person", "library"))
            builder.label(
                paper, cells[0], method=method, at=now, run_id=library if method == "library" else None
            )
    return builder


@pytest.mark.parametrize("days_ago", [None, 50])
def test_counts_agree_with_the_database_under_every_filter(random_store, now, days_ago) -> None:
    as_of = None if days_ago is None else now - timedelta(days=days_ago)
    with random_store.read() as session:
        columns = load_columns(session, TAXONOMY, as_of=as_of)
        for chosen in FILTERS:
            expected = take_snapshot(session, TAXONOMY, as_of=as_of, filter=chosen)
            mask = passing_mask(session, columns, chosen)
            found = count_columns(columns, TAXONOMY, mask, filter=chosen, now=expected.as_of)
            assert replace(found, as_of=expected.as_of) == expected
    assert any(cell.growth is not None for cell in take_all(random_store).cells)


def take_all(builder):
    with builder.read() as session:
        return take_snapshot(session, TAXONOMY)


@pytest.mark.parametrize("sort", ["score", "date", "title"])
def test_lists_agree_with_the_database_in_every_order(random_store, sort) -> None:
    import numpy as np

    topic, cell = next(iter(TAXONOMY.topic_by_id)), TAXONOMY.cells[0]
    with random_store.read() as session:
        columns = load_columns(session, TAXONOMY)
        everything = passing_mask(session, columns, LandscapeFilter())
        titles = list_papers(session, TAXONOMY, sort="title", limit=None, relevant_only=False).rows
        place = {row.id: number for number, row in enumerate(titles)}
        rank = np.array([place[f"arxiv:{paper}"] for paper in columns.paper_id.tolist()])
        for chosen in (
            {},
            {"cell": cell},
            {"topic": topic},
            {"cell": cell, "without_topic": True},
        ):
            expected = list_papers(
                session, TAXONOMY, sort=sort, limit=None, relevant_only=False, **chosen
            ).rows
            papers = ordered(
                columns,
                members(columns, everything, **chosen),
                sort,
                topic=chosen.get("topic"),
                title_rank=rank,
            )
            assert [f"arxiv:{paper}" for paper in columns.paper_id[papers].tolist()] == [
                row.id for row in expected
            ]


def test_newest_papers_of_every_place_are_the_head_of_its_list_by_date(random_store) -> None:
    with random_store.read() as session:
        columns = load_columns(session, TAXONOMY)
        mask = passing_mask(session, columns, LandscapeFilter(words="retrieval"))
        found = newest_by_place(columns, mask)
        for kind, names in (("cell", columns.cell_ids), ("topic", columns.topic_ids)):
            for name in names:
                papers = ordered(columns, members(columns, mask, **{kind: name}), "date")[:3]
                assert found[name] == tuple(columns.paper_id[papers].tolist())


def test_neighbours_are_topics_on_the_same_papers(builder) -> None:
    rag, prompts, peft = (
        "inference/context/rag",
        "inference/context/prompt-engineering",
        "training/model/peft",
    )
    for others in ((prompts,), (prompts, peft), ()):
        paper = builder.paper("A paper")
        builder.label(paper, "inference/context", "training/model", topics=(rag, *others))
    with builder.read() as session:
        columns = load_columns(session, TAXONOMY)
        mask = passing_mask(session, columns, LandscapeFilter())
    assert shared_topics(columns, mask, rag, 5) == ((prompts, 2), (peft, 1))
    assert shared_topics(columns, mask, "inference/context", 5) == ((peft, 1),)
    assert shared_topics(columns, mask, "training/data", 5) == ()


def test_an_empty_store_has_empty_columns(builder) -> None:
    with builder.read() as session:
        columns = load_columns(session, TAXONOMY)
        mask = passing_mask(session, columns, LandscapeFilter(words="x"))
        expected = take_snapshot(session, TAXONOMY)
    assert len(columns) == 0
    assert replace(count_columns(columns, TAXONOMY, mask), as_of=expected.as_of) == expected
    assert day_of(0) is None
    assert newest_by_place(columns, mask)["inference/context"] == ()


def test_citations_stand_by_the_highest_count(builder, now) -> None:
    from db.citations import keep_counts

    papers = [builder.paper(f"Paper {number}", ids=[("arxiv", f"2303.0000{number}")]) for number in range(3)]
    with builder.store.write() as session:
        keep_counts(session, "s", [(("arxiv", "2303.00001"), 7), (("arxiv", "2303.00002"), 9)], at=now)
    with builder.read() as session:
        columns = load_columns(session, TAXONOMY)
    assert columns.citations.tolist() == [-1, 7, 9]
    order = ordered(columns, columns.places_of(papers), "citations")
    assert columns.paper_id[order].tolist() == [papers[2], papers[1], papers[0]]
