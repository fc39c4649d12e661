"""Lists of papers: the same papers that the chart counts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from db.tables import chunks
from landscape.grid import take_snapshot
from landscape.reading import available_filters, list_papers, safe_url
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy

DATA, MODEL = "training/data", "inference/model"
SYNTHETIC, QUANT = f"{DATA}/synthetic", f"{MODEL}/quantisation"


@pytest.fixture
def shelf(builder: Any) -> Any:
    """Four papers in training/data of different surety and age, one elsewhere, one off the subject."""
    for title, day, score in (
        ("Beta", date(2024, 1, 1), 0.5),
        ("Alpha", date(2022, 1, 1), 0.9),
        ("Gamma", None, 0.7),
    ):
        builder.label(builder.paper(title, published=day), DATA, topics=(SYNTHETIC,), score=score)
    person = builder.paper("Delta", published=date(2020, 1, 1))
    builder.label(person, DATA, MODEL, method="person", score=1.0, note="Read twice.")
    builder.label(builder.paper("Epsilon"), MODEL, DATA, topics=(QUANT,))
    builder.label(builder.paper("Zeta"), verdict="not-relevant")
    builder.label(builder.paper("Eta"), "add-ons/data", topics=(QUANT,))
    return builder


def _titles(page: Any) -> list[str]:
    return [row.title for row in page.rows]


def test_a_cell_lists_as_many_papers_as_its_count_says(shelf: Any) -> None:
    with shelf.read() as session:
        snapshot = take_snapshot(session, load_taxonomy())
        for cell in snapshot.cells:
            page = list_papers(session, load_taxonomy(), cell=cell.id, limit=None)
            assert page.total == len(page.rows) == cell.n_papers
            assert list_papers(session, load_taxonomy(), cell=cell.id, any_cell=True).total == cell.n_any
            rest = list_papers(session, load_taxonomy(), cell=cell.id, without_topic=True)
            assert rest.total == cell.n_without_topic
            for topic in cell.topics:
                assert list_papers(session, load_taxonomy(), topic=topic.id).total == topic.n_papers


def test_people_come_first_then_the_surest(shelf: Any) -> None:
    with shelf.read() as session:
        page = list_papers(session, load_taxonomy(), cell=DATA)
    assert _titles(page) == ["Delta", "Alpha", "Gamma", "Beta"]
    assert [row.score for row in page.rows] == [None, 0.9, 0.7, 0.5]


def test_a_topic_lists_first_what_is_about_it_first(builder: Any) -> None:
    """RAG's list once opened with newer papers on graphs and citations that also touch it."""
    second = builder.paper("Newer, about something else first", published=date(2026, 6, 1))
    builder.label(second, MODEL, DATA, topics=(QUANT, SYNTHETIC), method="library", score=1.0)
    first = builder.paper("Older, about the topic itself", published=date(2021, 1, 1))
    builder.label(first, DATA, topics=(SYNTHETIC,), method="library", score=1.0)
    with builder.read() as session:
        page = list_papers(session, load_taxonomy(), topic=SYNTHETIC)
    assert _titles(page) == ["Older, about the topic itself", "Newer, about something else first"]


def test_sorting_by_date_puts_the_newest_first_and_the_undated_last(shelf: Any) -> None:
    with shelf.read() as session:
        page = list_papers(session, load_taxonomy(), cell=DATA, sort="date")
        assert _titles(page) == ["Beta", "Alpha", "Delta", "Gamma"]
        page = list_papers(session, load_taxonomy(), cell=DATA, sort="title")
    assert _titles(page) == ["Alpha", "Beta", "Delta", "Gamma"]


def test_pages_cut_one_list(shelf: Any) -> None:
    with shelf.read() as session:
        pages = [
            list_papers(session, load_taxonomy(), cell=DATA, sort="title", limit=3, offset=offset)
            for offset in (0, 3, 6)
        ]
    assert [_titles(page) for page in pages] == [["Alpha", "Beta", "Delta"], ["Gamma"], []]
    assert {page.total for page in pages} == {4}


def test_row_says_all_of_a_paper(builder: Any) -> None:
    paper = builder.paper(
        "One", published=date(2023, 7, 9), ids=(("acl", "2023.acl-long.1"), ("arxiv", "2301.00001"))
    )
    builder.label(
        paper,
        DATA,
        MODEL,
        topics=(SYNTHETIC, QUANT),
        evidence=[
            {"text": "First sentence.", "cell": DATA, "weight": 2.0},
            {"text": "Second.", "cell": MODEL, "weight": 1.0},
        ],
    )
    with builder.read() as session:
        (row,) = list_papers(session, load_taxonomy()).rows
    assert row.id == "acl:2023.acl-long.1"
    assert row.ids == {"acl": "2023.acl-long.1", "arxiv": "2301.00001"}
    assert row.authors == ("Ada One", "Bo Two")
    assert (row.year, row.published, row.venue) == (2023, date(2023, 7, 9), "ACL")
    assert (row.cell, row.cells, row.topics) == (DATA, (DATA, MODEL), (SYNTHETIC, QUANT))
    assert (row.verdict, row.method, row.score) == ("labelled", "model", 0.8)
    assert row.evidence == "First sentence."
    assert row.url == "https://example.org/paper"


def test_library_rows_show_the_summary_as_evidence(builder: Any) -> None:
    builder.label(builder.paper("One"), DATA, method="library", note="What it contributes.", score=1.0)
    with builder.read() as session:
        (row,) = list_papers(session, load_taxonomy()).rows
    assert (row.method, row.score, row.evidence) == ("library", None, "What it contributes.")


def test_off_subject_and_unlabelled_papers_are_listed_only_when_asked_for(shelf: Any) -> None:
    shelf.paper("Unlabelled")
    with shelf.read() as session:
        everything = list_papers(session, load_taxonomy(), relevant_only=False, sort="title")
        relevant = list_papers(session, load_taxonomy())
    assert everything.total == 8
    assert relevant.total == 6
    rows = {row.title: row for row in everything.rows}
    assert (rows["Zeta"].verdict, rows["Zeta"].cell, rows["Zeta"].topics) == ("not-relevant", None, ())
    assert (rows["Unlabelled"].verdict, rows["Unlabelled"].method) == (None, None)


def test_filters_and_as_of_hold_for_lists(shelf: Any, now: datetime) -> None:
    with shelf.read() as session:
        page = list_papers(session, load_taxonomy(), filter=LandscapeFilter(year_from=2023, year_until=2025))
        assert _titles(page) == ["Beta"]
        sure = list_papers(session, load_taxonomy(), cell=DATA, filter=LandscapeFilter(minimum_score=0.6))
        assert _titles(sure) == ["Delta", "Alpha", "Gamma"]
        found = list_papers(session, load_taxonomy(), filter=LandscapeFilter(words="epsilon"))
        assert _titles(found) == ["Epsilon"]
        assert list_papers(session, load_taxonomy(), as_of=now - timedelta(days=1)).total == 0


def test_unknown_cell_or_topic_has_no_papers(shelf: Any) -> None:
    with shelf.read() as session:
        assert list_papers(session, load_taxonomy(), cell="no/where").total == 0
        assert list_papers(session, load_taxonomy(), topic="no/where/at-all").total == 0


def test_empty_store_has_an_empty_list_and_no_choices(builder: Any) -> None:
    with builder.read() as session:
        page = list_papers(session, load_taxonomy())
        choices = available_filters(session)
    assert (page.rows, page.total) == ((), 0)
    assert choices.venues == choices.sources == choices.years == ()


def test_choices_have_counts(builder: Any) -> None:
    builder.paper("One", venue="ACL", published=date(2022, 1, 1))
    builder.paper("Two", venue="ACL", published=date(2021, 1, 1), source="pmlr")
    builder.paper("Three", venue="EMNLP", published=date(2022, 1, 1))
    builder.paper("Four", venue=None, published=None)
    with builder.read() as session:
        choices = available_filters(session)
    assert choices.venues == (("ACL", 2), ("EMNLP", 1))
    assert choices.sources == (("arxiv", 3), ("pmlr", 1))
    assert choices.years == ((2021, 1), (2022, 2))


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://arxiv.org/abs/2301.00001", True),
        ("http://example.org/", True),
        ("javascript:alert(1)", False),
        ("JavaScript://example.org/%0aalert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("//example.org/x", False),
        ("https://example.org/a b", False),
        ("https://exa\nmple.org/", False),
        ("https://[broken", False),
        ("https:///no-host", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_pages_become_links(url: str | None, safe: bool) -> None:
    assert safe_url(url) == (url if safe else None)


def test_lists_never_carry_an_unsafe_link(builder: Any) -> None:
    builder.label(builder.paper("One", url="javascript:alert(1)"), DATA)
    with builder.read() as session:
        assert list_papers(session, load_taxonomy()).rows[0].url is None


def test_long_list_is_filled_out_in_order(builder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landscape.reading.chunks", partial(chunks, size=3))
    for number in range(8):
        builder.label(builder.paper(f"Paper {number}"), DATA, topics=(SYNTHETIC,))
    with builder.read() as session:
        page = list_papers(session, load_taxonomy(), limit=None, sort="title")
    assert _titles(page) == [f"Paper {number}" for number in range(8)]
    assert all(row.topics == (SYNTHETIC,) and row.ids for row in page.rows)
