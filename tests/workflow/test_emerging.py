"""From vectors to groups, and from a group to a topic of the next version of the grid."""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from sqlalchemy import select

from classifier.carried import CarriedClassifier
from classifier.discovery import PlacedPaper
from classifier.prediction import CellScore, PaperText, Prediction, TopicScore
from db.discovery import latest_discovery, sub_topic_papers, sub_topics
from db.labels import GROUP_RUN, NewLabel, add_labels
from db.papers import store_page
from db.place_words import store_place_words, words_of_place
from db.tables import LABEL, PAPER
from foundation.errors import RefusedInputError, TaxonomyError
from foundation.settings import Settings
from landscape.emerging import cell_sub_topics, emerging_topics, group_rows
from landscape.grid import newest_classifier
from landscape.reading import list_papers
from papers.draft import PaperDraft
from papers.ids import parse_external_id
from papers.record import ParsedPage, ParsedRecord, WireRecord
from taxonomy.loader import founding_taxonomy, load_taxonomy
from workflow import classifying
from workflow.accepting import accept_group, find_group
from workflow.classifying import classify_store
from workflow.emerging import discover_store, discovery_steps, place_words
from workflow.vectors import fill_vectors

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CELL = "training/data"
SUBJECTS = {"kites": "kite string wind tail", "canals": "canal lock barge", "lanterns": "lantern flame glow"}


class ThreeDirections:
    """Embeds a text that names a subject into its direction, with a little of its own."""

    name, dimensions = "three-directions", 12

    def embed(self, texts: Sequence[str], progress: object = None) -> np.ndarray:
        rows = []
        for text in texts:
            random = np.random.default_rng(zlib.crc32(text.encode()))
            row = random.normal(scale=0.05, size=self.dimensions)
            row[next(place for place, subject in enumerate(SUBJECTS) if subject in text)] += 1
            rows.append(row / np.linalg.norm(row))
        return np.array(rows, dtype=np.float32)


class KnowsKites:
    """A model of the founding grid: everything stands in one cell, kites bear a topic."""

    name, digest, taxonomy_version = "knows-kites", "k" * 64, "1.0"

    def predict(self, papers, progress=None):
        for paper in papers:
            kites = "kites" in paper.title
            yield Prediction(
                id=paper.id,
                verdict="labelled" if kites else "cell-no-topic",
                relevance=0.9,
                cells=(CellScore(CELL, 0.8),),
                topics=(TopicScore(f"{CELL}/synthetic", 0.8),) if kites else (),
            )
            if progress is not None:
                progress(1)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def labelled(store, settings, monkeypatch):
    """75 invented papers of three subjects, labelled, with vectors."""

    def active(_settings, taxonomy=None):
        grid = taxonomy or load_taxonomy(settings.home)
        founding = founding_taxonomy()
        return KnowsKites() if grid == founding else CarriedClassifier(KnowsKites(), founding, grid)

    monkeypatch.setattr(classifying, "active_classifier", active)
    keep_papers(store, range(1, 76))
    classify_store(store, settings)
    fill_vectors(store, settings, within_seconds=60, embedder=ThreeDirections())
    return store


def keep_papers(store, numbers) -> None:
    records = []
    for number, (subject, words) in zip(numbers, itertools.cycle(SUBJECTS.items()), strict=False):
        name = f"2303.{number:05d}"
        own = words.split()
        draft = PaperDraft(
            source="arxiv",
            source_id=name,
            external_ids=(parse_external_id(name),),
            title=f"On {subject} number {number} and the {own[number % len(own)]}",
            abstract=f"We look at the {words}.",
            year=2023 + number % 2,
        )
        wire = WireRecord("arxiv", name, "https://a.example/", NOW, "text/json", json.dumps(number).encode())
        records.append(ParsedRecord(draft, wire, False))
    with store.write() as session:
        store_page(session, ParsedPage(tuple(records)), at=NOW)


def subjects_of(session, papers) -> set[str]:
    titles = session.execute(select(PAPER.c.title).where(PAPER.c.id.in_(list(papers)))).scalars()
    return {title.split()[1] for title in titles}


def test_groups_are_found_kept_and_shown_with_their_papers(labelled, settings) -> None:
    told: list[int] = []
    report = discover_store(labelled, settings, embedder=ThreeDirections(), progress=told.append)
    assert (report.papers, report.groups, report.proposed, sum(told)) == (
        75,
        3,
        2,
        discovery_steps(load_taxonomy(settings.home)),
    )
    assert "2 of them held by no topic" in report.line()
    taxonomy = load_taxonomy(settings.home)
    with labelled.read() as session:
        assert latest_discovery(session).papers == 75
        found = emerging_topics(session, taxonomy, cell=CELL, examples=2)
        assert (found.outdated, [len(view.papers) for view in found.groups]) == (False, [2, 2])
        assert {
            subject
            for view in found.groups
            for subject in subjects_of(session, sub_topic_papers(session, view.group.id))
        } == {"canals", "lanterns"}
        whole = cell_sub_topics(session, taxonomy, CELL)
        assert len(whole.groups) == 3
        sizes = [view.group.n_papers for view in whole.groups]
        assert sizes == sorted(sizes, reverse=True)
        group = found.groups[0].group
        rows = group_rows(session, taxonomy, group)
        assert len(rows) == group.n_papers
        assert rows[:2] == found.groups[0].papers
        assert cell_sub_topics(session, taxonomy, "add-ons/model").groups == ()


def test_words_of_a_place_are_kept_with_the_groups(labelled, settings) -> None:
    discover_store(labelled, settings, embedder=ThreeDirections())
    with labelled.read() as session:
        # One cell holds everything and one topic alone has papers: there is nothing to tell apart.
        assert words_of_place(session, CELL) is None
    grid = load_taxonomy(settings.home)
    papers = [
        PlacedPaper(
            PaperText(str(number), f"On {subject} {number}", f"We look at {words}."),
            (cell,), ((topic, 0.9),), date(2023 + number % 2, 7, 1),
        )
        for subject, cell, topic in (
            ("kites", CELL, f"{CELL}/synthetic"),
            ("canals", "inference/context", "inference/context/rag"),
        )
        for words in [SUBJECTS[subject]]
        for number in range(1, 61)
    ]  # fmt: skip
    found = {each.place: each for each in place_words(papers, grid, lambda _: None)}
    assert set(found) == {CELL, f"{CELL}/synthetic", "inference/context", "inference/context/rag"}
    kites = found[f"{CELL}/synthetic"]
    assert {word for word, _ in kites.words} >= {"kite", "string", "wind", "tail"}
    assert not {word for word, _ in kites.words} & {"canal", "lock", "barge"}
    assert [(year.year, year.papers) for year in kites.years] == [(2023, 30), (2024, 30)]
    assert len(kites.typical) == 3
    assert set(kites.typical) <= set(range(1, 61))
    with labelled.write() as session:
        run = latest_discovery(session).id
        store_place_words(session, run, [replace(kites, typical=(1, 2, 999_999))])
    with labelled.read() as session:
        assert words_of_place(session, kites.place) == replace(kites, typical=(1, 2))
    discover_store(labelled, settings, embedder=ThreeDirections())
    with labelled.read() as session:
        assert words_of_place(session, kites.place) is None


def test_too_few_papers_are_refused_in_one_sentence(store, settings) -> None:
    with pytest.raises(RefusedInputError, match="too few relevant papers"):
        discover_store(store, settings, embedder=ThreeDirections())
    with store.read() as session:
        assert emerging_topics(session, load_taxonomy(settings.home)) is None
    with pytest.raises(RefusedInputError, match="nothing was discovered"):
        accept_group(store, settings, "1", embedder=ThreeDirections())


def test_an_accepted_group_is_a_topic_of_the_next_version_and_its_papers_bear_it(labelled, settings) -> None:
    embedder = ThreeDirections()
    discover_store(labelled, settings, embedder=embedder)
    with labelled.read() as session:
        groups = sub_topics(session, proposed=True)
        lanterns = next(
            group
            for group in groups
            if subjects_of(session, sub_topic_papers(session, group.id)) == {"lanterns"}
        )
        members = sub_topic_papers(session, lanterns.id)
    with labelled.write() as session:  # what a person says stays
        said = NewLabel(members[0], "not-relevant", 0.0, method="person", by="a reader")
        add_labels(session, None, [said], taxonomy_version="1.0", at=NOW)
    told: list[int] = []
    report = accept_group(
        labelled, settings, str(lanterns.id), name=" Lit  Lanterns ", embedder=embedder, progress=told.append
    )
    topic = f"{CELL}/lit-lanterns"
    assert (report.topic, report.label, report.version) == (topic, "Lit Lanterns", "1.1")
    assert report.papers >= len(members) - 1
    assert report.from_group == len(members) - 1
    assert report.without_topic_before == report.papers
    assert report.changed_cell == 0
    assert sum(told) == 75
    assert {change.id: change.after for change in report.topics} == {topic: report.papers}
    assert {change.id for change in report.verdicts} == {"labelled", "cell-no-topic"}
    assert any("Lit Lanterns" in line for line in report.lines())

    taxonomy = load_taxonomy(settings.home)
    assert (taxonomy.version, taxonomy.topic_by_id[topic].label) == ("1.1", "Lit Lanterns")
    assert "Lit Lanterns" in taxonomy.topic_by_id[topic].seed_phrases
    with labelled.read() as session:
        listed = list_papers(session, taxonomy, topic=topic, limit=None)
        assert listed.total == report.papers
        assert {row.title.split()[1] for row in listed.rows} == {"lanterns"}
        query = select(LABEL.c.verdict).where(LABEL.c.paper_id == members[0], LABEL.c.method == "person")
        assert session.execute(query).scalars().all() == ["not-relevant"]
        assert next(g for g in sub_topics(session) if g.id == lanterns.id).accepted_as == topic
        assert not newest_classifier(session).startswith(GROUP_RUN)
    with pytest.raises(RefusedInputError, match="is a topic already"):
        accept_group(labelled, settings, str(lanterns.id), embedder=embedder)
    canals = next(group for group in groups if group.id != lanterns.id)
    with pytest.raises(TaxonomyError, match="one name"):
        accept_group(labelled, settings, str(canals.id), name="Lit lanterns", embedder=embedder)
    with labelled.read() as session:
        assert next(g for g in sub_topics(session) if g.id == canals.id).accepted_as is None

    # The next version keeps the topic of the first group, whatever the model knows of it.
    second = accept_group(labelled, settings, canals.slug, embedder=embedder)
    assert second.version == "1.2"
    with labelled.read() as session:
        again = list_papers(session, load_taxonomy(settings.home), topic=topic, limit=None)
        assert again.total == report.papers
    assert classify_store(labelled, settings).papers == 0


def test_a_group_is_named_by_number_slug_or_name(labelled, settings) -> None:
    discover_store(labelled, settings, embedder=ThreeDirections())
    with labelled.read() as session:
        groups = sub_topics(session, proposed=True)
    for group in groups:
        assert find_group(groups, str(group.id)) == group
        assert find_group(groups, group.slug.upper()) == group
        assert find_group(groups, f" {group.name} ") == group
    for wanted in ("", "no such thing"):
        with pytest.raises(RefusedInputError):
            find_group(groups, wanted)
    with pytest.raises(RefusedInputError, match="1 to 60"):
        accept_group(labelled, settings, str(groups[0].id), name="x" * 61, embedder=ThreeDirections())
