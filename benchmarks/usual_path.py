"""Papers a second of both modes beside BERTopic behind sentence-transformers, turn by turn in one run.

usage: python -m benchmarks.usual_path TEXTS.jsonl[.gz] [--papers 400] [--rounds 3]

TEXTS holds rows with id, title and abstract. The usual path is BERTopic as its documentation sets it up: a
SentenceTransformer of the same MiniLM, UMAP, HDBSCAN, fitted on the same papers once, then `transform`. Ours
is `predict` with evidence. Needs `sentence-transformers` (and torch with it), which no install of the project
brings. What counts is the ratio: all run on the same cores in turn.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from classifier.embedder import package_file
from classifier.model import load_classifier
from classifier.texts import read_texts


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--papers", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    from bertopic import BERTopic
    from sentence_transformers import SentenceTransformer

    papers = [paper for paper in read_texts([arguments.texts]) if paper.abstract][: arguments.papers]
    documents = [f"{paper.title}. {paper.abstract}" for paper in papers]
    usual = BERTopic(
        embedding_model=SentenceTransformer(str(package_file("model.safetensors").parent), device="cpu")
    ).fit(documents)
    accurate, fast = load_classifier(mode="accurate"), load_classifier(mode="fast")
    ways: dict[str, Callable[[], object]] = {
        "BERTopic + sentence-transformers": lambda: usual.transform(documents),
        "accurate": lambda: list(accurate.predict(papers)),
        "fast": lambda: list(fast.predict(papers)),
    }
    for model in (accurate, fast):
        model.predict_one(papers[0])
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.rounds):
        for name, run in ways.items():
            began = time.monotonic()
            run()
            taken[name].append(time.monotonic() - began)
    usual_seconds = statistics.median(next(iter(taken.values())))
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        print(f"{name:34} {len(papers) / median:6.0f} papers a second   {usual_seconds / median:5.1f} times")


if __name__ == "__main__":
    main()
