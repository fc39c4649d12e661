"""Does the evidence carry the label? The evidence sentence left out, against a random other one.

usage: python -m benchmarks.evidence [GOLD.jsonl[.gz]] [--draws N]

For every paper with at least two sentences in its abstract that the model places, the first evidence
sentence is cut out of the abstract and the paper is predicted again, as a stranger would; then the same
with another sentence of the abstract, drawn at random. Counted is how often the score of the first cell
falls further without the evidence; a tie is a failure, and so is a paper without evidence. A cell that is
no longer named has score 0. With several draws the share is their mean. Then the speed. Both modes of
the shipped model are measured, where it has two.
GOLD defaults to the dev list beside the checkout (../shared/gold/dev.jsonl.gz).
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from classifier.labels import read_hand_labels
from classifier.model import GridClassifier, load_classifier
from classifier.model_config import Mode
from classifier.prediction import PaperText, Prediction
from classifier.texts import join_texts, read_texts
from papers.text import sentences

SEED = 20231201
DEFAULT_GOLD = Path(os.environ.get("TEST_SHARED_DATA", "../shared")) / "gold" / "dev.jsonl.gz"


@dataclass(frozen=True)
class Faithfulness:
    """What leaving sentences out did.

    Attributes:
        papers: Papers placed, with two sentences or more.
        without_evidence: Of these, papers for which no sentence was named.
        further: Share of papers whose score fell further without the evidence than without a random
            other sentence.
        evidence_fall: Mean fall of the score without the evidence.
        random_fall: Mean fall without a random other sentence.
    """

    papers: int
    without_evidence: int
    further: float
    evidence_fall: float
    random_fall: float


def measure(model: GridClassifier, papers: Sequence[PaperText], draws: int = 1) -> Faithfulness:
    """Leave sentences out and predict again.

    Args:
        model: The model, asked through `predict` alone.
        papers: Papers; those with fewer than two sentences or off the chart are passed over.
        draws: Random other sentences a paper.

    Returns:
        The figures.
    """
    chance = random.Random(SEED)
    wins: list[float] = []
    falls: list[float] = []
    others: list[float] = []
    silent = 0
    for paper, prediction in zip(papers, model.predict(papers), strict=True):
        parts = sentences(paper.abstract)
        if len(parts) < 2 or not prediction.cells:
            continue
        if not prediction.evidence:
            silent += 1
            wins.append(0.0)
            continue
        cell, score = prediction.cells[0].cell, prediction.cells[0].score
        named = prediction.evidence[0].text
        rest = [part for part in parts if part != named]
        if not rest:  # the same sentence twice: nothing to compare with
            continue
        drawn = [chance.choice(rest) for _ in range(draws)]
        shorter = [replace(paper, abstract=_without(paper.abstract, part)) for part in (named, *drawn)]
        fell, *other = (score - _score_of(each, cell) for each in model.predict(shorter))
        wins.append(statistics.fmean(fell > one for one in other))
        falls.append(fell)
        others.extend(other)
    return Faithfulness(
        len(wins), silent, statistics.fmean(wins), statistics.fmean(falls), statistics.fmean(others)
    )


def _without(abstract: str, sentence: str) -> str:
    return " ".join(abstract.replace(sentence, " ", 1).split())


def _score_of(prediction: Prediction, cell: str) -> float:
    return next((found.score for found in prediction.cells if found.cell == cell), 0.0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("gold", type=Path, nargs="?", default=DEFAULT_GOLD)
    parser.add_argument("--draws", type=int, default=1)
    arguments = parser.parse_args()
    texts = [
        text for _, text in join_texts(read_hand_labels(arguments.gold), read_texts([arguments.gold])).pairs
    ]
    modes: tuple[Mode, ...] = ("accurate", "fast")
    models = {model.digest: model for mode in modes for model in (load_classifier(mode=mode),)}
    for model in models.values():
        found = measure(model, texts, arguments.draws)
        print(f"{model.name}, {model.mode} mode")
        print(f"papers placed, two sentences or more     {found.papers}")
        print(f"of these without an evidence sentence    {found.without_evidence}")
        print(f"score falls further without the evidence {found.further:.1%}")
        print(f"mean fall, evidence left out             {found.evidence_fall:.3f}")
        print(f"mean fall, a random other left out       {found.random_fall:.3f}")
        started = time.process_time()
        for _ in model.predict(texts):
            pass
        rate = len(texts) / (time.process_time() - started)
        print(f"speed with evidence                      {rate:.0f} papers per CPU second")


if __name__ == "__main__":
    main()
