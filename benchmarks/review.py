"""Do corrections pay? Papers chosen by `landscape review` against papers chosen at random.

usage: python -m benchmarks.review [--seeds N] [--gold FOLDER]
       python -m benchmarks.review --speed PAPERS

From 500 labels of the training list, drawn at random, a reader answers 300 further papers, a hundred at
a time, and the linear heads are fitted again after each hundred. Which papers are answered is decided by
`classifier.review.teaching_order`, the same function that serves the review, or by chance. Each seed
draws other papers; both ways start from the same 500 and are measured on the same papers: 1,500 of the
training list that no seed's reader was offered (the order was chosen by cross-validation there), and the
dev list, on which nothing was chosen. Printed are the mean curve with its 95 % band over seeds (Student's
t) and the gain over chance, seed by seed.

With --speed a synthetic store of so many papers is built, and it is timed how long the queue of 200, the
next paper with all that is shown beside it, and the storing of an answer take.

GOLD holds train.jsonl.gz and dev.jsonl.gz, by default ../shared/gold beside the checkout. About two
minutes of processor time for ten seeds.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from classifier.heads import HeadScores, LinearHeads
from classifier.heads_fit import fit_heads
from classifier.labels import HandLabel, read_hand_labels
from classifier.model import DEFAULT_FOLDER
from classifier.placing import cell_features, log_softmax, sigmoid
from classifier.placing_fit import Targets, targets_of
from classifier.prediction import CellScore, PaperText, Prediction, TopicScore
from classifier.review import Candidate, teaching_order
from classifier.scoring import score
from classifier.term_matrix import count_known, count_matrix, tfidf, weigh_terms
from classifier.texts import join_texts, read_texts
from classifier.training import SURE_WEIGHT, without_held_out_texts
from db.engine import open_store
from db.review import keep_answer
from foundation.clock import utc_now
from landscape.review import load_reviewer, review_item, review_queue
from taxonomy.loader import founding_taxonomy

START, BATCH, ROUNDS, MEASURED = 500, 100, 3, 1500
SEEDS = 10

RELEVANT_FROM = 0.41  # what the shipped model calls relevant
MEASURES = {
    "cell_top1_any": "first cell is any right one",
    "cell_top1": "first cell is the primary one",
    "cell_macro_f1": "macro F1 over cells",
    "topic_top1_any": "first topic is right",
    "relevance_f1": "relevance F1",
}
DEFAULT_GOLD = Path(os.environ.get("TEST_SHARED_DATA", "../shared")) / "gold"

LabelledText = tuple[HandLabel, PaperText]
Rows = NDArray[np.int64]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Learner:
    """Heads fitted on some labels, with the terms that these papers know."""

    known: Rows
    idf: NDArray[np.float32]
    heads: LinearHeads


class Simulation:
    """The training list as a world in which a reader answers.

    Args:
        train: Papers that may be drawn, answered and measured on.
        dev: Papers that are measured on alone.
    """

    def __init__(self, train: Sequence[LabelledText], dev: Sequence[LabelledText]) -> None:
        grid = founding_taxonomy()
        self.cells, self.topics = grid.cells, tuple(topic.id for topic in grid.topics)
        self.home = tuple(self.cells.index(topic.rpartition("/")[0]) for topic in self.topics)
        self.labels = [label for label, _ in train]
        self.dev_labels = [label for label, _ in dev]
        self.targets: Targets = targets_of(self.labels, self.cells, self.topics, SURE_WEIGHT)
        terms, self.counts = count_matrix([text for _, text in train])
        self.dev_counts = count_known([text for _, text in dev], terms)

    def curve(self, seed: int, *, chosen: bool) -> list[dict[str, dict[str, float]]]:
        """Measures at the start and after each hundred answers.

        Args:
            seed: Draws the papers.
            chosen: Whether the review's order decides, or chance.

        Returns:
            By round: measures by the papers that they were taken on.
        """
        drawn = np.random.default_rng(seed).permutation(len(self.labels))
        measured, held, pool = np.split(drawn, [MEASURED, MEASURED + START])
        chance = np.random.default_rng([seed, 1])
        points = []
        for number in range(ROUNDS + 1):
            learner = self._fit(np.sort(held))
            points.append(
                {
                    "train": self._measure(
                        learner, self.counts[measured], [self.labels[row] for row in measured]
                    ),
                    "dev": self._measure(learner, self.dev_counts, self.dev_labels),
                }
            )
            if number < ROUNDS:
                asked = self._choose(learner, held, pool) if chosen else chance.permutation(len(pool))[:BATCH]
                held, pool = np.concatenate([held, pool[asked]]), np.delete(pool, asked)
        return points

    def _fit(self, rows: Rows) -> Learner:
        known, idf = weigh_terms(self.counts[rows])
        features = tfidf(self.counts[rows], known, idf)
        nothing = csr_matrix((0, features.shape[1])), np.zeros((0, len(self.topics)), dtype=bool)
        return Learner(known, idf, fit_heads(features, self.targets.rows(rows), *nothing))

    def _score(self, learner: Learner, counts: csr_matrix) -> tuple[HeadScores, NDArray[np.float64]]:
        """Scores, and the probability of each cell; the opinions on it count alike, nothing is fitted."""
        columns = tfidf(counts, learner.known, learner.idf) @ learner.heads.weights + learner.heads.bias
        scores = HeadScores.from_columns(columns, len(self.cells))
        features = cell_features(scores, self.home)
        return scores, np.exp(log_softmax(features[:, :, 0] + features[:, :, 2]))

    def _choose(self, learner: Learner, held: Rows, pool: Rows) -> Rows:
        scores, cells = self._score(learner, self.counts[pool])
        relevance = sigmoid(scores.relevance)
        candidates = [
            Candidate(row, relevance[row], self.cells[cells[row].argmax()], cells[row].max())
            if relevance[row] >= RELEVANT_FROM
            else Candidate(row, relevance[row])
            for row in range(len(pool))
        ]
        labelled = Counter(self.labels[row].primary or "" for row in held)
        return np.array([found.key for found in teaching_order(candidates, labelled, BATCH)])

    def _measure(self, learner: Learner, counts: csr_matrix, labels: Sequence[HandLabel]) -> dict[str, float]:
        scores, cells = self._score(learner, counts)
        relevance = sigmoid(scores.relevance)
        predictions = {}
        for row, label in enumerate(labels):
            topic = int(scores.topic[row].argmax())
            places = (
                (CellScore(self.cells[cells[row].argmax()], float(cells[row].max())),),
                (TopicScore(self.topics[topic], 1.0),),
            )
            relevant = relevance[row] >= RELEVANT_FROM
            predictions[label.id] = Prediction(
                label.id,
                "labelled" if relevant else "not-relevant",
                float(relevance[row]),
                *(places if relevant else ((), ())),
            )
        return score(labels, predictions)


def band(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half the width of its 95 % band over seeds (Student's t)."""
    from scipy.stats import t

    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, math.nan
    reach = float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / math.sqrt(len(values))
    return mean, reach


def speed(papers: int) -> None:
    """Time the questions of a review on a large store."""
    from benchmarks.landscape_counts import fill

    grid = founding_taxonomy()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/landscape.db")
        fill(store, papers)
        _timed("model and labelled papers", lambda: load_reviewer(grid, DEFAULT_FOLDER))
        reviewer = load_reviewer(grid, DEFAULT_FOLDER)
        with store.read() as session:
            queue = _timed("queue of 200", lambda: review_queue(session, grid, reviewer))
            _timed("first paper", lambda: review_item(session, grid, reviewer, queue[0]))
            for place in (1, 2, 3):
                _timed(
                    f"paper {place + 1}",
                    lambda place=place: review_item(session, grid, reviewer, queue[place]),  # type: ignore[misc]
                )
        with store.write() as session:
            number = int(queue[0].partition(":")[2])  # the synthetic papers bear their row ids
            _timed(
                "an answer",
                lambda: keep_answer(
                    session,
                    number,
                    cells=("training/model",),
                    topics=(),
                    taxonomy_version=grid.version,
                    by="benchmark",
                    at=utc_now(),
                ),
            )
        store.dispose()


def _timed(what: str, act: Callable[[], Result]) -> Result:
    wall, processor = time.perf_counter(), time.process_time()
    result = act()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{what:26} {1000 * wall:7.0f} ms, {1000 * processor:7.0f} ms of processor time")
    return result


def main() -> None:
    """Simulate, or time, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--gold", type=Path, default=DEFAULT_GOLD)
    parser.add_argument("--speed", type=int, metavar="PAPERS")
    arguments = parser.parse_args()
    if arguments.speed:
        speed(arguments.speed)
        return

    def read(name: str) -> list[LabelledText]:
        path = arguments.gold / name
        return list(join_texts(read_hand_labels(path), read_texts([path])).pairs)

    dev = read("dev.jsonl.gz")
    simulation = Simulation(without_held_out_texts(read("train.jsonl.gz"), dev), dev)
    with threadpool_limits(1):
        ours = [simulation.curve(seed, chosen=True) for seed in range(arguments.seeds)]
        chance = [simulation.curve(seed, chosen=False) for seed in range(arguments.seeds)]
    for where, told in (("dev", "dev, nothing chosen on it"), ("train", "held out of train")):
        print(f"{told}: mean over {arguments.seeds} seeds ± 95 % band")
        print(f"  {'measure':30} {'labels':>8}  {'review':>16}  {'random':>16}  {'gain':>17}")
        for measure, name in MEASURES.items():
            for number in range(ROUNDS + 1):
                mine = [points[number][where][measure] for points in ours]
                theirs = [points[number][where][measure] for points in chance]
                gains = [one - other for one, other in zip(mine, theirs, strict=True)]
                shown = [f"{mean:.3f} ± {reach:.3f}" for mean, reach in (band(mine), band(theirs))]
                mean, reach = band(gains)
                gain = f"{mean:+.3f} ± {reach:.3f}" if number else ""
                labels = f"{START}+{number * BATCH}"
                print(f"  {name:30} {labels:>8}  {shown[0]:>16}  {shown[1]:>16}  {gain:>17}")


if __name__ == "__main__":
    main()
