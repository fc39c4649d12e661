"""Vectors behind the labels, and the map that is made from them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from db.labels import NewLabel, add_labels
from db.papers import store_page
from db.vectors import MapPlace, load_map, load_vectors
from foundation.settings import Settings
from papers.draft import PaperDraft
from papers.ids import parse_external_id
from papers.record import ParsedPage, ParsedRecord, WireRecord
from taxonomy.loader import load_taxonomy
from workflow import vectors as module
from workflow.vectors import count_missing, fill_vectors, place_by_neighbours, update_map

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SUBJECTS = ("kites", "canals", "lanterns")


class ThreeDirections:
    """Embeds a title that names a subject into its direction, with a little of its own."""

    name, dimensions = "three-directions", 8

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], progress: object = None) -> np.ndarray:
        self.asked += texts
        rows = []
        for text in texts:
            random = np.random.default_rng(len(text) + sum(map(ord, text)))
            row = random.normal(scale=0.05, size=self.dimensions)
            row[next(place for place, subject in enumerate(SUBJECTS) if subject in text)] += 1
            rows.append(row / np.linalg.norm(row))
        return np.array(rows, dtype=np.float32)


@pytest.fixture(autouse=True)
def _small_maps(monkeypatch) -> None:
    monkeypatch.setattr(module, "MAP_FEWEST_PAPERS", 30)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def filled(store):
    """Keeps papers; every sixth is off the subject."""
    numbers = itertools.count(1)

    def keep(count: int) -> list[int]:
        records = []
        for number in itertools.islice(numbers, count):
            name = f"2303.{number:05d}"
            draft = PaperDraft(
                source="arxiv",
                source_id=name,
                external_ids=(parse_external_id(name),),
                title=f"On {SUBJECTS[number % 3]}, part {number}",
                abstract="An invented abstract.",
            )
            wire = WireRecord(
                "arxiv", name, "https://a.example/", NOW, "text/json", json.dumps(number).encode()
            )
            records.append(ParsedRecord(draft, wire, False))
        with store.write() as session:
            store_page(session, ParsedPage(tuple(records)), at=NOW)
            from sqlalchemy import select

            from db.tables import LABEL, PAPER

            labelled = select(LABEL.c.paper_id)
            new = session.execute(select(PAPER.c.id).where(PAPER.c.id.not_in(labelled))).scalars().all()
            labels = [
                NewLabel(paper, "not-relevant", 0.0, method="person", by="a")
                if paper % 6 == 0
                else NewLabel(
                    paper, "labelled", 1.0, cells=(("training/data", 1.0),), method="person", by="a"
                )
                for paper in new
            ]
            add_labels(session, None, labels, taxonomy_version=load_taxonomy().version, at=NOW)
        return list(new)

    return keep


def test_relevant_papers_are_embedded_once_and_the_count_says_what_is_left(store, settings, filled) -> None:
    filled(30)
    embedder, told = ThreeDirections(), []
    assert count_missing(store, settings, embedder) == 25
    report = fill_vectors(store, settings, embedder=embedder, progress=told.append)
    assert (report.papers, report.left, sum(told)) == (25, 0, 25)
    assert "25 vectors" in report.line()
    again = fill_vectors(store, settings, embedder=embedder)
    assert (again.papers, len(embedder.asked)) == (0, 25)
    assert "no vector was missing" in again.line()


def test_a_run_that_is_cut_short_keeps_its_batches_and_the_next_goes_on(
    store, settings, filled, monkeypatch
) -> None:
    filled(12)
    monkeypatch.setattr(module, "BATCH_PAPERS", 4)

    class Breaks(ThreeDirections):
        def embed(self, texts, progress=None):
            if len(self.asked) >= 4:
                raise KeyboardInterrupt
            return super().embed(texts)

    with pytest.raises(KeyboardInterrupt):
        fill_vectors(store, settings, embedder=Breaks())
    embedder = ThreeDirections()
    assert count_missing(store, settings, embedder) == 6
    assert fill_vectors(store, settings, embedder=embedder).papers == 6
    assert len(embedder.asked) == 6


def test_a_brief_run_stops_in_time_and_lays_no_map_out(store, settings, filled) -> None:
    filled(40)
    report = fill_vectors(store, settings, within_seconds=0.0, embedder=ThreeDirections())
    assert (report.papers, report.left, report.mapped) == (0, 34, 0)
    assert "34 to go" in report.line()


def test_the_map_lies_like_by_like_and_new_papers_find_their_place_without_moving_others(
    store, settings, filled
) -> None:
    embedder = ThreeDirections()
    filled(60)
    report = fill_vectors(store, settings, embedder=embedder)
    assert report.mapped == 50
    with store.read() as session:
        before = {place.paper_id: place for place in load_map(session)}
    assert all(place.fitted for place in before.values())
    centres = _centres(before)
    apart = min(np.linalg.norm(a - b) for a, b in itertools.combinations(centres.values(), 2))
    assert all(
        np.linalg.norm((place.x, place.y) - centres[place.paper_id % 3]) < apart for place in before.values()
    )
    filled(12)
    assert fill_vectors(store, settings, within_seconds=60, embedder=embedder).mapped == 60
    with store.read() as session:
        after = {place.paper_id: place for place in load_map(session)}
    assert {paper: after[paper] for paper in before} == before
    for paper in after.keys() - before.keys():
        here = np.array((after[paper].x, after[paper].y))
        nearest = min(centres, key=lambda subject: np.linalg.norm(here - centres[subject]))
        assert (nearest, after[paper].fitted) == (paper % 3, False)


def test_an_outgrown_map_is_laid_out_anew(store, settings, filled) -> None:
    embedder = ThreeDirections()
    filled(40)
    fill_vectors(store, settings, embedder=embedder)
    filled(60)
    assert fill_vectors(store, settings, embedder=embedder).mapped == 84
    with store.read() as session:
        assert all(place.fitted for place in load_map(session))
        assert len(load_vectors(session, embedder.name, embedder.dimensions).paper_ids) == 84
    assert update_map(store, embedder) == 84


def test_of_a_large_store_a_sample_is_laid_out_and_the_rest_placed(
    store, settings, filled, monkeypatch
) -> None:
    monkeypatch.setattr(module, "MAP_FITTED_PAPERS", 40)
    filled(72)
    fill_vectors(store, settings, embedder=ThreeDirections())
    with store.read() as session:
        places = load_map(session)
    assert (len(places), sum(place.fitted for place in places)) == (60, 40)
    assert all(np.isfinite((place.x, place.y)).all() for place in places)


def test_a_paper_stands_by_its_nearest_neighbour() -> None:
    known = np.eye(3, dtype=np.float32)
    points = np.array([[0, 0], [10, 0], [0, 10]], dtype=np.float32)
    new = np.array([[0.1, 0.99, 0.0]], dtype=np.float32)
    found = place_by_neighbours(known, points, new)
    np.testing.assert_allclose(found, [[10, 0]], atol=0.1)


def _centres(places: dict[int, MapPlace]) -> dict[int, np.ndarray]:
    return {
        subject: np.mean([(p.x, p.y) for p in places.values() if p.paper_id % 3 == subject], axis=0)
        for subject in range(3)
    }


def test_a_few_papers_make_no_map(store, settings, filled, monkeypatch) -> None:
    monkeypatch.setattr(module, "MAP_FEWEST_PAPERS", 200)
    filled(60)
    assert fill_vectors(store, settings, embedder=ThreeDirections()).mapped == 0
