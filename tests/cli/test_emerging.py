"""`landscape emerging` on a store whose groups are known."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.discovery import NewSubTopic, store_discovery
from db.engine import open_store
from db.papers import find_paper_ids
from foundation.settings import load_settings

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
COLLECTION = FIXTURES / "acl_anthology" / "present.response.xml"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def known(landscape) -> list[str]:
    """Public ids of the papers of two kept groups."""
    landscape("import", COLLECTION)
    rows = json.loads(landscape("search", "tea", "--json").out)
    ids = [row["id"] for row in rows]
    store = open_store(load_settings().resolved_database_url)
    with store.write() as session:
        papers = list(find_paper_ids(session, ids).values())
        groups = [
            NewSubTopic(
                cell=cell, slug=f"{cell}/tea-leaves", name="tea leaves, cups",
                phrases=(("tea leaves", 0.5), ("cups", 0.25)),
                paper_ids=tuple(papers), coherence=0.1, tightness=0.8, growth=growth,
                nearest_topic="training/data/synthetic", nearness=0.75, held=0.2, score=0.5, proposed=True,
            )
            for cell, growth in (("inference/model", None), ("training/data", 2.0))
        ]  # fmt: skip
        store_discovery(session, groups, at=NOW, taxonomy_version="1.0", model="m", papers=40)
    store.dispose()
    return ids


def test_emerging_topics_stand_by_cell_with_words_and_papers(landscape, known) -> None:
    shown = landscape("emerging")
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert lines[0] == "training/data"
    assert "inference/model" in lines
    assert "growth 2.0" in lines[1]
    assert "tea leaves, cups" in lines[1]
    assert any(known[0] in line for line in lines)
    assert lines[-1].startswith("2 emerging topics among 40 papers, 2026-01-01 12:00 UTC")
    only = landscape("emerging", "--cell", "inference/model", "--papers", 0).out
    assert "growth unknown" in only
    assert known[0] not in only


def test_scripts_read_one_array_of_topics_with_their_evidence(landscape, known) -> None:
    rows = json.loads(landscape("emerging", "--json").out)
    assert [row["cell"] for row in rows] == ["training/data", "inference/model"]
    first = rows[0]
    assert {"id", "name", "slug", "cell", "papers", "phrases", "score", "coherence", "growth"} <= set(first)
    assert (first["distance"], first["nearest_topic"]) == (0.25, "training/data/synthetic")
    assert first["phrases"][0] == {"phrase": "tea leaves", "weight": 0.5}
    assert {row["id"] for row in first["examples"]} <= set(known)
    assert list(first["examples"][0])[:3] == ["id", "title", "authors"]


@pytest.mark.parametrize(
    "words",
    [
        ["--cell", "no/such"],
        ["--name", "Tea"],
        ["--accept", "never heard of"],
        ["--accept", "tea leaves, cups"],  # two groups bear it
        ["--accept", "1", "--again"],
        ["--papers", "-1"],
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(landscape, known, words: list[str]) -> None:
    outcome = landscape("emerging", *words)
    assert outcome.code == 2
    assert len(outcome.err.strip().splitlines()) == 1, outcome.err


def test_a_store_without_papers_says_so(landscape) -> None:
    outcome = landscape("emerging")
    assert outcome.code == 2
    assert "too few relevant papers" in outcome.err


def test_of_a_cell_with_many_the_first_few_stand_in_the_whole_list(landscape, known) -> None:
    store = open_store(load_settings().resolved_database_url)
    with store.write() as session:
        papers = list(find_paper_ids(session, known).values())
        groups = [
            NewSubTopic(
                cell="training/data", slug=f"training/data/tea-{number}", name=f"tea {number}",
                phrases=((f"tea {number}", 0.5),), paper_ids=tuple(papers), coherence=0.1, tightness=0.8,
                growth=None, nearest_topic=None, nearness=0.0, held=0.2, score=0.9 - number / 100,
                proposed=True,
            )
            for number in range(8)
        ]  # fmt: skip
        store_discovery(session, groups, at=NOW, taxonomy_version="0.9", model="m", papers=40)
    store.dispose()
    whole = landscape("emerging").out
    assert "tea 4 ·" in whole
    assert "tea 5 ·" not in whole
    assert "… 3 more: landscape emerging --cell training/data" in whole
    assert "another version of the grid is in force" in whole
    assert "tea 7 ·" in landscape("emerging", "--cell", "training/data").out
    assert len(json.loads(landscape("emerging", "--json").out)) == 8
