from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from db.engine import open_store
from db.papers import store_page
from db.search import matching_paper_ids, query_phrases, search_papers
from db.tables import PAPER

PAPERS = [
    ("Retrieval-augmented generation for questions", "We study hallucinations of models.", ("Ada Ångström",)),
    ("Attention in C++", "A library for cs.CL people; 3.5 times faster, e.g. GPT-4.", ("Bo Müller",)),
    ("Prompting models", "Retrieval is not used, nor generation. It's x-ray vision.", ("Cy Three",)),
    ("提示 学习", "模型 研究", ("Erdős Pál",)),
]
QUERIES = {
    "retrieval": {1, 3},
    "Retrieval generation": {1, 3},
    "retrieval-augmented": {1},
    "augmented retrieval": {1},
    "augmented-retrieval": set(),
    "hallucination": {1},
    "model": {1, 3},
    "C++": {2},
    "cs.CL": {2},
    "cl.cs": set(),
    "title:attention": set(),
    "GPT-4": {2},
    "x-ray": {3},
    "it's": {3},
    "ångström": {1},
    "ANGSTROM": {1},
    "müller": {2},
    "muller": {2},
    "erdos": {4},
    "提示": {4},
    "the": set(),
    "is": {3},
    "retrieval NOT generation": {3},
    "retrieval OR attention": set(),
    "": set(),
    "+++": set(),
    "(" * 2_000: set(),
    "\x00": set(),
    '"': set(),
    "NEAR(a b)": set(),
    "3.5": {2},
}


@pytest.fixture
def filled(store, record, page, now):
    records = [
        record("arxiv", f"2303.{n:05}", f"2303.{n:05}", title=title, abstract=abstract, authors=authors)
        for n, (title, abstract, authors) in enumerate(PAPERS, 1)
    ]
    with store.write() as session:
        store_page(session, page(*records), at=now)
    return store


def test_both_databases_find_the_same(filled) -> None:
    with filled.read() as session:
        for query, expected in QUERIES.items():
            hits = search_papers(session, query)
            assert {hit.paper_id for hit in hits} == expected, query
            subquery = select(PAPER.c.id).where(PAPER.c.id.in_(matching_paper_ids(session, query)))
            assert set(session.connection().execute(subquery).scalars()) == expected, query


def test_a_word_of_the_title_counts_most(filled) -> None:
    with filled.read() as session:
        hits = search_papers(session, "retrieval")
        assert [hit.paper_id for hit in hits] == [1, 3]
        assert hits[0].rank > hits[1].rank
        assert search_papers(session, "retrieval", limit=1, offset=1) == hits[1:]


def test_the_index_follows_changes(filled, record, page, now) -> None:
    changed = record(
        "arxiv",
        "2303.00001",
        "2303.00001",
        title="Something else",
        text="quite",
        retrieved_at=now.replace(hour=13),
    )
    with filled.write() as session:
        store_page(session, page(changed), at=now)
    with filled.read() as session:
        assert [hit.paper_id for hit in search_papers(session, "augmented")] == []
        assert [hit.paper_id for hit in search_papers(session, "something quite")] == [1]


SYNTAX = [
    '"', "'", "(", ")", "*", "^", "-", "+", ":", "NEAR", "AND", "OR", "NOT", "title", "{", "}", "\\",
    "%", "_", "\x00", "&", "|", "!", "<->", "a", "é", "模", "\ud800", " ", ";", "--", "$", ",", ".",
]  # fmt: skip


def test_thousands_of_random_queries_raise_nothing(filled) -> None:
    rounds = 5_000 if filled.is_sqlite else 1_000
    dice = random.Random(20260101)
    with filled.read() as session:
        for _ in range(rounds):
            query = "".join(dice.choices(SYNTAX, k=dice.randint(0, 25)))
            hits = search_papers(session, query)
            assert all(1 <= hit.paper_id <= 4 for hit in hits)


def test_a_megabyte_is_a_query_too(filled) -> None:
    with filled.read() as session:
        assert search_papers(session, "word " * 200_000) == []
        assert search_papers(session, "w" * 1_000_000) == []


@settings(max_examples=400)
@given(st.text(st.characters(codec=None), max_size=80))
def test_phrases_hold_letters_and_digits_alone(query: str) -> None:
    for words in query_phrases(query):
        assert words
        assert all(word.isalnum() for word in words)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_any_text_is_words(sqlite_url: str, query: str) -> None:
    store = open_store(sqlite_url)
    with store.read() as session:
        assert search_papers(session, query) == []
        assert session.connection().execute(matching_paper_ids(session, query)).all() == []
    store.dispose()
