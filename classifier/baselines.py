"""What a classifier must beat: the most frequent place, and nearness to the topics' descriptions."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from classifier.embedder import Embedder, MiniLmEmbedder
from classifier.labels import HandLabel, read_hand_labels, without_held_out
from classifier.placing import SCORE_DIGITS
from classifier.prediction import CellScore, Classifier, PaperText, Prediction, Progress, TopicScore, Verdict
from classifier.scoring import score
from foundation.errors import RefusedInputError
from taxonomy.loader import founding_taxonomy

if TYPE_CHECKING:
    from taxonomy.models import Taxonomy


class MajorityBaseline:
    """Puts every paper into the most frequent cell and its most frequent topic.

    Args:
        labels: Training labels to count.
        taxonomy: The grid, for its version.

    Raises:
        RefusedInputError: No label is relevant.
    """

    name = "baseline-majority"

    def __init__(self, labels: Sequence[HandLabel], taxonomy: Taxonomy) -> None:
        relevant = [label for label in labels if label.primary is not None]
        if not relevant:
            raise RefusedInputError("no relevant label to count", labels=len(labels))
        cell, _ = _most_common(Counter(str(label.primary) for label in relevant))
        share_any = sum(cell in label.cells for label in relevant) / len(relevant)
        inside = Counter(
            topic for label in relevant for topic in label.topics if topic.startswith(f"{cell}/")
        )
        self.taxonomy_version = taxonomy.version
        self._relevance = round(len(relevant) / len(labels), SCORE_DIGITS)
        self._cells = (CellScore(cell, round(share_any, SCORE_DIGITS)),)
        self._topics: tuple[TopicScore, ...] = ()
        if inside:
            topic, papers = _most_common(inside)
            self._topics = (TopicScore(topic, round(papers / len(relevant), SCORE_DIGITS)),)
        told = f"{self.name} {taxonomy.version} {self._cells} {self._topics} {self._relevance}"
        self.digest = hashlib.sha256(told.encode("utf-8")).hexdigest()

    def predict(self, papers: Sequence[PaperText], progress: Progress | None = None) -> Iterator[Prediction]:
        """The same answer for every paper; see `classifier.prediction.Classifier.predict`."""
        for paper in papers:
            verdict: Verdict = "labelled" if self._topics else "cell-no-topic"
            yield Prediction(paper.id, verdict, self._relevance, self._cells, self._topics)
            if progress is not None:
                progress(1)


class ZeroShotBaseline:
    """Puts a paper where the description is nearest: cosine of sentence vectors, nothing fitted.

    Every paper is called relevant: there is no description of what is not. Scores are cosines,
    cut to [0, 1], and not calibrated.

    Args:
        embedder: Gives the vectors.
        taxonomy: Labels and scope notes are the descriptions; a cell without topics is described
            by those of its row and column.
    """

    name = "baseline-zero-shot"

    def __init__(self, embedder: Embedder, taxonomy: Taxonomy) -> None:
        rows = {pipeline.id: pipeline for pipeline in taxonomy.pipelines}
        columns = {component.id: component for component in taxonomy.components}
        self._topics = [topic.id for topic in taxonomy.topics]
        self._empty_cells = [cell for cell in taxonomy.cells if not taxonomy.topics_by_cell[cell]]
        texts = [f"{topic.label}. {topic.scope_note}" for topic in taxonomy.topics]
        for cell in self._empty_cells:
            row, _, column = cell.partition("/")
            texts.append(f"{taxonomy.cell_label(cell)}. {rows[row].scope_note} {columns[column].scope_note}")
        self._embedder = embedder
        self._texts = texts
        self.taxonomy_version = taxonomy.version
        told = "\n".join([self.name, embedder.name, taxonomy.version, *texts])
        self.digest = hashlib.sha256(told.encode("utf-8")).hexdigest()

    def predict(self, papers: Sequence[PaperText], progress: Progress | None = None) -> Iterator[Prediction]:
        """Nearest description; see `classifier.prediction.Classifier.predict`."""
        import numpy as np

        described = self._embedder.embed(self._texts)
        vectors = self._embedder.embed([f"{paper.title}. {paper.abstract}" for paper in papers], progress)
        places = [*self._topics, *self._empty_cells]
        for paper, vector in zip(papers, vectors, strict=True):
            nearness = (described * vector).sum(axis=1)
            best = int(nearness.argmax())
            score = round(float(np.clip(nearness[best], 0, 1)), SCORE_DIGITS)
            if best < len(self._topics):
                topic = places[best]
                yield Prediction(
                    paper.id,
                    "labelled",
                    1.0,
                    (CellScore(topic.rpartition("/")[0], score),),
                    (TopicScore(topic, score),),
                )
            else:
                yield Prediction(paper.id, "cell-no-topic", 1.0, (CellScore(places[best], score),))


def score_baselines(
    gold: Sequence[tuple[HandLabel, PaperText]], embedder: Embedder | None = None
) -> dict[str, dict[str, float]]:
    """Score both baselines on labelled papers.

    Args:
        gold: Labels beside their texts.
        embedder: For the zero-shot baseline; MiniLM built in memory by default.

    Returns:
        Measures as `classifier.scoring.score` gives them, by name of the baseline.
    """
    labels = [label for label, _ in gold]
    texts = [text for _, text in gold]
    train = read_hand_labels()
    taxonomy = founding_taxonomy()
    systems: tuple[Classifier, ...] = (
        # Where the training labels themselves are asked for, nothing would be left to count.
        MajorityBaseline(without_held_out(train, labels) or train, taxonomy),
        ZeroShotBaseline(embedder or MiniLmEmbedder(), taxonomy),
    )
    return {
        system.name: score(labels, {prediction.id: prediction for prediction in system.predict(texts)})
        for system in systems
    }


def _most_common(counts: Counter[str]) -> tuple[str, int]:
    """Highest count; of equal ones the first by name."""
    return min(counts.items(), key=lambda pair: (-pair[1], pair[0]))
