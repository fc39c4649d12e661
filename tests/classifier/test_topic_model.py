from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.alike import sub_topics
from classifier.embedder import MiniLmEmbedder
from classifier.group_words import load_words, save_words
from classifier.labels import HandLabel
from classifier.model import GridClassifier
from classifier.prediction import PaperText
from classifier.topic_model import GridTopicModel, fit_grid_topics, fit_placed_topics, place_of
from foundation.errors import ModelError, RefusedInputError
from taxonomy.loader import load_taxonomy


class HashedWords:
    """A quick embedder for mechanics: each word moves the vector in a direction of its own."""

    name = "hashed-words"
    dimensions = 48

    def embed(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                direction = np.random.RandomState(sum(map(ord, word)) * 7919 % 2**31)
                vectors[row] += direction.normal(size=self.dimensions)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


TOPICS = tuple(topic.id for topic in load_taxonomy().topics)


@pytest.fixture(scope="module")
def live(small_model: GridClassifier, invented: list[tuple[HandLabel, PaperText]]) -> GridTopicModel:
    papers = [text for row, (_, text) in enumerate(invented) if row % 4 != 3]
    return fit_grid_topics(papers, small_model, HashedWords(), TOPICS)


def test_live_bertopic_and_saved_heads_agree(
    live: GridTopicModel, small_model: GridClassifier, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    unseen = [text for row, (_, text) in enumerate(invented) if row % 4 == 3]
    expected = [place_of(prediction, "topic") or None for prediction in small_model.predict(unseen)]
    assert len(set(expected)) > 30
    assert live.assign(unseen) == expected
    fitted = [place_of(prediction, "topic") for prediction in small_model.predict(live.papers)]
    place = live.place_of_topic
    assert [place[topic] or "" for topic in live.model.topics_] == fitted


def test_topics_are_renumbered_by_size_and_found_again(live: GridTopicModel) -> None:
    sizes = [live.model.topic_sizes_[topic] for topic in sorted(live.place_of_topic) if topic >= 0]
    assert sizes == sorted(sizes, reverse=True)


def test_words_and_representative_papers_are_the_topic_s_own(
    live: GridTopicModel, small_model: GridClassifier
) -> None:
    words = {group.id: group for group in live.words()}
    assert list(words) == [topic for topic in TOPICS if topic in words]
    federated = words["training/context/federated-learning"]
    assert "federated" in {word for word, _ in federated.words}
    weights = [weight for _, weight in federated.words]
    assert weights == sorted(weights, reverse=True)
    predictions = small_model.predict(live.papers)
    placed = {p.id for p in predictions if place_of(p, "topic") == federated.id}
    assert federated.papers == len(placed)
    assert federated.representative
    assert set(federated.representative) <= placed


def test_cells_can_stand_for_topics(
    small_model: GridClassifier, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    papers = [text for _, text in invented][::2]
    model = fit_grid_topics(papers, small_model, HashedWords(), load_taxonomy().cells, "cell")
    expected = [place_of(prediction, "cell") or None for prediction in small_model.predict(papers)]
    assert model.assign(papers) == expected


def test_known_places_give_the_words_that_predicted_ones_give(
    live: GridTopicModel, small_model: GridClassifier
) -> None:
    placed = [place_of(prediction, "topic") for prediction in small_model.predict(live.papers)]
    known = fit_placed_topics(live.papers, placed, TOPICS)
    assert known.words() == live.words()


def test_words_of_a_year_are_those_of_its_papers_alone() -> None:
    papers = [
        PaperText(f"{year}-{theme}-{number}", f"{theme} {number}", f"{theme} and {words} number {number}")
        for theme in ("bread", "tern")
        for year, words in ((2023, "yeast"), (2024, "salt"))
        for number in range(25 if theme == "bread" else 5)
    ]
    placed = ["a/b/bread" if "bread" in paper.id else "a/b/tern" for paper in papers]
    live = fit_placed_topics(papers, placed, ("a/b/bread", "a/b/tern"))
    bread, tern = live.words([int(paper.id[:4]) for paper in live.papers])
    assert [(year.year, year.papers) for year in bread.years] == [(2023, 25), (2024, 25)]
    assert "yeast" in bread.years[0].words
    assert "salt" not in bread.years[0].words
    assert "salt" in bread.years[1].words
    assert tern.years == ()  # five papers a year: their words would be those of single papers
    (undated, _) = live.words([None for _ in live.papers])
    assert undated.years == ()


def test_one_place_alone_is_refused(
    small_model: GridClassifier, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    with pytest.raises(RefusedInputError, match="too few places"):
        fit_grid_topics([invented[0][1]], small_model, HashedWords(), TOPICS)


def test_words_survive_the_file(live: GridTopicModel, tmp_path: Path) -> None:
    path = save_words(tmp_path, (), live.words())
    assert load_words(tmp_path) == {group.id: group for group in live.words()}
    path.write_text(json.dumps({"cells": []}))
    with pytest.raises(ModelError, match=r"words\.json"):
        load_words(tmp_path)
    path.unlink()
    assert load_words(tmp_path) == {}


def test_sub_topics_part_a_cell() -> None:
    themes = {
        "bread": "Sourdough bread and flour: baking loaves with salt, yeast and patience",
        "tern": "Arctic terns and their feathers: ringing birds on windy islands in summer",
        "bolt": "Steel bolts under shear load: threads, coatings and torque in bridges",
    }
    papers = [
        PaperText(f"{name}-{number}", f"{text}, part {number}", f"Report {number}. {text}.")
        for name, text in themes.items()
        for number in range(12)
    ]
    groups = sub_topics(papers, MiniLmEmbedder())
    assert groups == sub_topics(papers, MiniLmEmbedder())
    assert len(groups) == 3
    for group in groups:
        names = {identifier.partition("-")[0] for identifier in group.papers}
        assert len(names) == 1
        assert set(group.representative) <= set(group.papers)
        assert any(name[:4] in word for name in names for word, _ in group.words)


def test_a_cell_with_few_papers_has_no_sub_topics() -> None:
    assert sub_topics([PaperText("1", "One", "Paper")], HashedWords()) == ()


def test_importing_the_modules_imports_no_bertopic() -> None:
    code = (
        "import sys, classifier.topic_model, classifier.alike\n"
        "assert not {'bertopic', 'umap', 'hdbscan', 'sklearn', 'numpy'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
