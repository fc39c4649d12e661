"""A cell or topic at a glance, comparisons, and search by meaning."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from classifier.embedder import MiniLmEmbedder
from db.discovery import NewSubTopic, store_discovery
from db.engine import open_store
from db.papers import find_paper_ids
from db.place_words import WordsOfPlace, WordsOfYear, store_place_words
from db.tables import PAPER
from db.vectors import papers_to_embed, store_vectors

RAG = "inference/context/rag"
NOW = datetime(2026, 11, 20, 13, tzinfo=UTC)


def test_topic_shows_years_newest_and_what_can_be_saved(filled: Path, show: Callable) -> None:
    page = show("landscape", topic=RAG)
    html = page.html
    assert 'aria-label="2024: 31"' in html
    assert "Newest" in html
    assert 'href="trends?place=inference/context/rag"' in html
    assert "By quarter, gaps in the harvest shown" in html
    assert "Most central" not in html
    assert "Groups inside" not in html


def test_topic_without_papers_says_what_belongs_there(filled: Path, show: Callable) -> None:
    html = show("landscape", topic="add-ons/evaluation/creativity").html
    assert "No papers here" in html
    assert "ls-place-panel" not in html


def test_groups_of_the_newest_discovery_are_named_with_their_words(filled: Path, show: Callable) -> None:
    store = open_store(f"sqlite:///{filled}")
    with store.write() as session:
        ids = find_paper_ids(session, [f"arxiv:2401.{number:05d}" for number in range(1, 11)])
        group = NewSubTopic(
            cell="inference/context", slug="inference/context/invented-facts", name="invented <facts>",
            phrases=(("invented facts", 0.9), ("retrieval", 0.5)), paper_ids=tuple(ids.values()),
            coherence=0.3, tightness=0.6, growth=None, nearest_topic=RAG, nearness=0.7, held=1.0,
            score=0.5, proposed=True,
        )  # fmt: skip
        store_discovery(session, [group], at=NOW, taxonomy_version="1.0", model="test", papers=39)
    store.dispose()
    for place in ({"topic": RAG}, {"cell": "inference/context"}):
        html = show("landscape", **place).html
        assert "invented &lt;facts&gt;" in html
        assert 'href="?cell=inference/context&amp;q=invented+facts"' in html
        assert "No topic of the grid holds it" in html
    assert "invented &lt;facts&gt;" not in show("landscape", cell="training/model").html


def test_words_of_the_newest_discovery_are_shown_year_by_year(filled: Path, show: Callable) -> None:
    before = show("landscape", topic=RAG).html
    assert "that the shipped classifier learned from" in before
    told = WordsOfPlace(
        RAG,
        31,
        (("chunks-read", 0.9), ("chunks read", 0.8), ("<b>passages", 0.4)),
        (),
        (WordsOfYear(2024, 31, ("chunks", "reader")),),
    )
    store = open_store(f"sqlite:///{filled}")
    with store.write() as session:
        run = store_discovery(session, [], at=NOW, taxonomy_version="1.0", model="test", papers=39)
        store_place_words(session, run, [told])
    store.dispose()
    html = show("landscape", topic=RAG).html
    assert "31 papers placed here first" in html
    assert f'href="?topic={RAG}&amp;q=chunks-read"' in html
    assert "&lt;b&gt;passages" in html
    assert "chunks read" not in html
    assert "chunks, reader" in html
    assert "that the shipped classifier learned from" not in html


@pytest.fixture
def embedded(filled: Path) -> Path:
    """The filled store with vectors: papers on retrieval lie one way, all others another."""
    store = open_store(f"sqlite:///{filled}")
    with store.write() as session:
        papers = papers_to_embed(session, MiniLmEmbedder.name)
        titles = {row.id: row.title for row in session.execute(select(PAPER.c.id, PAPER.c.title))}
        vectors = np.zeros((len(papers), MiniLmEmbedder.dimensions), dtype=np.float32)
        for row, paper in enumerate(papers):
            vectors[row, 0 if "Retrieval" in titles[paper.paper_id] else 1] = 1.0
        store_vectors(session, MiniLmEmbedder.name, papers, vectors)
    store.dispose()
    return filled


def test_search_by_meaning_ranks_all_papers_and_keeps_other_filters(
    embedded: Path, show: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    towards = np.zeros(MiniLmEmbedder.dimensions, dtype=np.float32)
    towards[1] = 1.0
    monkeypatch.setattr("views.listing.meaning_of", lambda words: towards)
    html = show("papers", q="bridges", meaning="1").html
    assert "1–25 of 40" in html
    assert "nearest in meaning" in html
    assert html.index("A paper on bridges") < html.index("Retrieval of invented facts")
    narrowed = show("papers", q="bridges", meaning="1", venue="ICLR").html
    assert "1–5 of 5" in narrowed
    by_title = show("papers", q="bridges", meaning="1", venue="ICLR", sort="title").html
    assert by_title.index("part 31") < by_title.index("part 35")
    words_alone = show("papers", q="bridges").html
    assert "1–1 of 1" in words_alone


def test_meaning_switch_stands_beside_the_words_and_changes_the_address(
    embedded: Path, show: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    towards = np.full(MiniLmEmbedder.dimensions, 0.05, dtype=np.float32)
    monkeypatch.setattr("views.listing.meaning_of", lambda words: towards)
    page = show("papers", q="bridges")
    page.app.toggle(key="search_by_meaning").set_value(True).run()
    assert page.app.query_params["meaning"] in ("1", ["1"])
    assert "nearest in meaning" in page.html


def test_without_vectors_there_is_no_search_by_meaning(filled: Path, show: Callable) -> None:
    page = show("papers", q="bridges", meaning="1")
    assert not page.app.toggle
    assert "1–1 of 1" in page.html


def test_central_papers_come_from_the_middle_of_meaning(embedded: Path, show: Callable) -> None:
    assert "Most central" in show("landscape", topic=RAG).html


def test_similar_papers_are_nearest_in_meaning_where_vectors_are_stored(
    embedded: Path, show: Callable
) -> None:
    html = show("papers", paper="arxiv:2401.00038").html  # on bridges: its vector lies with the adapters
    similar = html[html.index('class="ls-similar"') :].partition("</ul>")[0]
    assert similar.count("<li>") == 6
    assert "Retrieval of invented facts" not in similar


def test_comparison_tells_what_arrived_in_words_and_on_chips(filled: Path, show: Callable) -> None:
    html = show("landscape", compare="2023-01-01..2024-12-31").html
    assert "1 Jan 2023 – 31 Dec 2024" in html
    assert "by publication" in html
    assert "arrived on the landscape" in html
    assert 'href="moved?compare=2023-01-01..2024-12-31"' in html
    assert "+31" in html
    assert "Stop comparing" in html


def test_comparison_by_what_the_store_knew(filled: Path, show: Callable) -> None:
    html = show("landscape", compare="2025-01-01..2026-11-20", by="known").html
    assert "as this store knew it" in html


def test_comparison_of_an_empty_store_says_that_it_is_empty(home: Path, show: Callable) -> None:
    html = show("landscape", compare="2023-01-01..2024-12-31").html
    assert "The store holds no papers yet" in html
    assert "ls-comparison" not in html


def test_pages_of_an_empty_store_stand(home: Path, show: Callable) -> None:
    assert "No papers here" in show("papers").html
    assert "No papers here" in show("papers", q="anything", tag="none", list="7").html
    assert "No paper in the store has this id" in show("papers", paper="arxiv:2401.00001").html


def test_dates_that_make_no_span_are_passed_over(filled: Path, show: Callable) -> None:
    html = show("landscape", compare="2024-12-31..2023-01-01").html
    assert "ls-comparison" not in html


def test_everything_that_a_topic_can_be_saved_as_is_made(
    filled: Path, show: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, bytes] = {}

    def make_at_once(label: str, *, data: Callable[[], bytes], key: str = "", **_: object) -> None:
        if key.startswith("save_place_"):
            made[key.removeprefix("save_place_")] = data()

    monkeypatch.setattr("streamlit.download_button", make_at_once)
    show("landscape", topic=RAG)
    assert made["pptx"][:2] == b"PK"
    assert made["png"][:8] == b"\x89PNG\r\n\x1a\n"
    assert made["bibtex"].count(b"@") >= 31
    assert made["ris"].count(b"TY  - ") == 31
    assert made["csv"].count(b"\n") >= 32
    assert made["atom"].count(b"<entry>") == 31
    assert b"RAG" in made["atom"]
