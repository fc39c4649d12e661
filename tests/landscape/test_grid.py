"""Counts of the landscape against answers worked out by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from landscape.grid import take_snapshot
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy
from taxonomy.models import Redirect, Taxonomy, Topic

DATA, MODEL, EVAL = "training/data", "inference/model", "add-ons/evaluation"
SYNTHETIC, TOKENIZER, QUANT = f"{DATA}/synthetic", f"{DATA}/tokenizer", f"{MODEL}/quantisation"
SAFETY = f"{EVAL}/safety"


@pytest.fixture
def five(builder: Any) -> Any:
    """Five papers: two in training/data, one in inference/model, one off the subject, one unlabelled."""
    first = builder.paper("One", venue="ACL", source="acl_anthology", published=date(2023, 7, 1))
    builder.label(first, DATA, MODEL, topics=(SYNTHETIC, TOKENIZER), score=0.9)
    second = builder.paper("Two", venue="EMNLP", published=date(2024, 7, 1))
    builder.label(second, DATA, score=0.3, verdict="unsure")
    third = builder.paper("Three", venue="ICML", source="pmlr", published=date(2024, 2, 1))
    builder.label(third, MODEL, EVAL, topics=(QUANT, SAFETY), score=0.6)
    builder.label(builder.paper("Four", published=None, year=2024), verdict="not-relevant")
    builder.paper("Five", published=None, venue=None)
    return builder


def test_empty_store_still_has_all_cells(builder: Any) -> None:
    with builder.read() as session:
        snapshot = take_snapshot(session, load_taxonomy())
    assert [cell.id for cell in snapshot.cells] == list(load_taxonomy().cells)
    assert sum(len(cell.topics) for cell in snapshot.cells) == 44
    assert (snapshot.papers, snapshot.classified, snapshot.relevant) == (0, 0, 0)
    assert all(cell.n_papers == cell.n_any == cell.share == 0 for cell in snapshot.cells)
    assert all(cell.growth is None for cell in snapshot.cells)
    assert snapshot.classifier is None
    assert snapshot.by_year == snapshot.by_source == ()


def test_counts_are_those_worked_out_by_hand(five: Any) -> None:
    with five.read() as session:
        snapshot = take_snapshot(session, load_taxonomy())
    assert (snapshot.papers, snapshot.classified, snapshot.relevant) == (5, 4, 3)
    assert (snapshot.unsure, snapshot.not_relevant) == (1, 1)
    assert snapshot.by_source == (("arxiv", 3), ("acl_anthology", 1), ("pmlr", 1))
    assert snapshot.by_year == ((2023, 1), (2024, 3), (None, 1))
    assert snapshot.classifier == "a model dddddddddddd"
    data, model, evaluation = (snapshot.cell(name) for name in (DATA, MODEL, EVAL))
    assert (data.n_papers, data.n_any, data.n_without_topic) == (2, 2, 1)
    assert (model.n_papers, model.n_any, model.n_without_topic) == (1, 2, 0)
    assert (evaluation.n_papers, evaluation.n_any, evaluation.n_without_topic) == (0, 1, 0)
    assert data.share == pytest.approx(2 / 3)
    assert snapshot.topic(SYNTHETIC).n_papers == snapshot.topic(TOKENIZER).n_papers == 1
    assert snapshot.topic(SAFETY).share == pytest.approx(1 / 3)
    assert sum(cell.n_papers for cell in snapshot.cells) == snapshot.relevant


def test_topic_of_another_cell_does_not_fill_the_primary_one(builder: Any) -> None:
    builder.label(builder.paper("One"), DATA, EVAL, topics=(SAFETY,))
    with builder.read() as session:
        snapshot = take_snapshot(session, load_taxonomy())
    assert snapshot.cell(DATA).n_without_topic == 1
    assert snapshot.topic(SAFETY).n_papers == 1


@pytest.mark.parametrize(
    ("chosen", "papers", "relevant"),
    [
        (LandscapeFilter(venues=("ACL", "ICML")), 3, 2),
        (LandscapeFilter(sources=("pmlr",)), 1, 1),
        (LandscapeFilter(year_from=2024), 3, 2),
        (LandscapeFilter(year_from=2023, year_until=2023), 1, 1),
        (LandscapeFilter(minimum_score=0.5), 4, 2),
        (LandscapeFilter(words="three"), 1, 1),
        (LandscapeFilter(words="nowhere"), 0, 0),
        (LandscapeFilter(venues=("EMNLP",), minimum_score=0.5), 0, 0),
    ],
)
def test_filters_narrow(five: Any, chosen: LandscapeFilter, papers: int, relevant: int) -> None:
    with five.read() as session:
        snapshot = take_snapshot(session, load_taxonomy(), filter=chosen)
    assert (snapshot.papers, snapshot.relevant) == (papers, relevant)
    assert sum(count for _, count in snapshot.by_source) == papers
    assert snapshot.filter == chosen


def test_people_rank_over_the_model_also_when_it_speaks_later(builder: Any) -> None:
    paper = builder.paper("One")
    builder.label(paper, MODEL, topics=(QUANT,), method="person", score=1.0)
    builder.label(paper, DATA, topics=(SYNTHETIC,))
    with builder.read() as session:
        snapshot = take_snapshot(session, load_taxonomy(), filter=LandscapeFilter(minimum_score=0.99))
    assert snapshot.cell(MODEL).n_papers == 1
    assert snapshot.cell(DATA).n_papers == 0


def test_newest_model_label_counts_once(builder: Any) -> None:
    paper = builder.paper("One")
    builder.label(paper, DATA)
    builder.label(paper, MODEL)
    with builder.read() as session:
        snapshot = take_snapshot(session, load_taxonomy())
    assert (snapshot.cell(DATA).n_any, snapshot.cell(MODEL).n_papers, snapshot.classified) == (0, 1, 1)


def test_retracted_label_gives_way_to_the_one_before(builder: Any) -> None:
    paper = builder.paper("One")
    builder.label(paper, DATA)
    builder.retract(builder.label(paper, MODEL, method="person"))
    only = builder.paper("Two")
    builder.retract(builder.label(only, EVAL, method="person"))
    with builder.read() as session:
        snapshot = take_snapshot(session, load_taxonomy())
    assert (snapshot.cell(DATA).n_papers, snapshot.cell(MODEL).n_papers) == (1, 0)
    assert (snapshot.papers, snapshot.classified) == (2, 1)


def test_as_of_shows_what_was_known_then(builder: Any, now: datetime) -> None:
    early, late = now - timedelta(days=30), now - timedelta(days=1)
    old = builder.paper("Old", first_seen=early)
    builder.label(old, DATA, at=early)
    person = builder.label(old, MODEL, method="person", at=late)
    builder.retract(person, at=now)
    builder.label(builder.paper("New", first_seen=late), DATA, at=late)
    counts = {}
    with builder.read() as session:
        for moment in (early - timedelta(days=1), early, late, now):
            snapshot = take_snapshot(session, load_taxonomy(), as_of=moment)
            assert snapshot.as_of == moment
            counts[moment] = (snapshot.papers, snapshot.cell(DATA).n_papers, snapshot.cell(MODEL).n_papers)
    assert list(counts.values()) == [(0, 0, 0), (1, 1, 0), (2, 1, 1), (2, 2, 0)]


def _grow(builder: Any, now: datetime, n_last: int, n_before: int, source: str = "arxiv") -> None:
    for count, days in ((n_last, 100), (n_before, 465)):
        for number in range(count):
            day = now.date() - timedelta(days=days + number)
            builder.label(
                builder.paper(f"{source} {days} {number}", published=day, source=source),
                DATA,
                topics=(SYNTHETIC,),
            )


def test_growth_is_the_last_year_over_the_one_before(builder: Any, now: datetime) -> None:
    _grow(builder, now, 9, 6)
    with builder.read() as session:
        snapshot = take_snapshot(session, load_taxonomy(), as_of=now)
    assert snapshot.cell(DATA).growth == pytest.approx(1.5)
    assert snapshot.topic(SYNTHETIC).growth == pytest.approx(1.5)
    assert snapshot.cell(MODEL).growth is None


@pytest.mark.parametrize(("n_last", "n_before"), [(4, 9), (9, 4), (9, 0)])
def test_growth_is_unknown_under_five_papers(builder: Any, now: datetime, n_last: int, n_before: int) -> None:
    _grow(builder, now, n_last, n_before)
    with builder.read() as session:
        assert take_snapshot(session, load_taxonomy(), as_of=now).cell(DATA).growth is None


def test_source_first_harvested_last_year_does_not_pass_for_growth(builder: Any, now: datetime) -> None:
    _grow(builder, now, 5, 5)
    _grow(builder, now, 20, 0, source="pmlr")
    with builder.read() as session:
        assert take_snapshot(session, load_taxonomy(), as_of=now).cell(DATA).growth == pytest.approx(1.0)


def test_growth_windows_meet_and_end_today(builder: Any, now: datetime) -> None:
    today = now.date()
    days = [today, today.replace(year=today.year - 1) + timedelta(days=1)] * 3
    days += [today.replace(year=today.year - 1), today.replace(year=today.year - 2) + timedelta(days=1)] * 3
    days += [today + timedelta(days=1), today.replace(year=today.year - 2)] * 9
    for number, day in enumerate(days):
        builder.label(builder.paper(f"Paper {number}", published=day), DATA)
    with builder.read() as session:
        assert take_snapshot(session, load_taxonomy(), as_of=now).cell(DATA).growth == pytest.approx(1.0)


def _next_version(retired: str, successor: str | None) -> Taxonomy:
    shipped = load_taxonomy()
    return Taxonomy(
        version="1.0",
        title=shipped.title,
        published=shipped.published,
        pipelines=shipped.pipelines,
        components=shipped.components,
        topics=tuple(topic for topic in shipped.topics if topic.id != retired),
        redirects=(
            Redirect.model_validate(
                {"from": retired, "to": successor, "since": "1.1", "reason": "Joined for a test."}
            ),
        ),
    )


def test_labels_follow_redirects_and_count_a_paper_once(builder: Any) -> None:
    taxonomy = _next_version(TOKENIZER, SYNTHETIC)
    builder.label(builder.paper("Both"), DATA, topics=(TOKENIZER, SYNTHETIC))
    builder.label(builder.paper("Old name"), DATA, topics=(TOKENIZER,))
    with builder.read() as session:
        snapshot = take_snapshot(session, taxonomy)
    assert snapshot.topic(SYNTHETIC).n_papers == 2
    assert snapshot.cell(DATA).n_without_topic == 0


def test_topic_given_up_without_successor_leaves_its_papers_in_the_cell(builder: Any) -> None:
    builder.label(builder.paper("One"), DATA, topics=(TOKENIZER,))
    with builder.read() as session:
        snapshot = take_snapshot(session, _next_version(TOKENIZER, None))
    assert (snapshot.cell(DATA).n_papers, snapshot.cell(DATA).n_without_topic) == (1, 1)


def test_accepted_topic_has_a_chip_with_its_own_count(builder: Any) -> None:
    shipped = load_taxonomy()
    new = Topic(
        id="add-ons/context/memory",
        label="Memory",
        scope_note="Agents that remember.",
        seed_phrases=("memory",),
    )
    taxonomy = Taxonomy.model_validate(
        {**shipped.model_dump(by_alias=True), "topics": (*shipped.topics, new)}
    )
    builder.label(builder.paper("One"), "add-ons/context", topics=(new.id,))
    with builder.read() as session:
        assert take_snapshot(session, taxonomy).topic(new.id).n_papers == 1
