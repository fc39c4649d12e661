"""What reading lists and a second head over MiniLM vectors add, by cross-validation on train.

usage: python benchmarks/classifier_variants.py TRAIN_TEXTS.jsonl.gz LIST_TEXTS.jsonl.gz --vectors FILE.npy

Each paper is predicted by heads and calibration fitted without its fold; `usual strata` leaves
out the papers that were drawn for being hard. Vectors are made on the first run and kept in FILE.
The MiniLM heads are the same questions asked of 384 dimensions; their log-odds are mixed with those
of the TF-IDF heads before calibration.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from classifier import heads_fit, term_matrix, training
from classifier.embedder import MiniLmEmbedder
from classifier.folds import FOLDS
from classifier.heads import HeadScores
from classifier.labels import read_hand_labels, read_list_labels
from classifier.placing import calibrate, place
from classifier.placing_fit import fit_placing, targets_of
from classifier.prediction import Prediction
from classifier.scoring import score
from classifier.texts import join_texts, read_texts
from taxonomy.loader import load_taxonomy

SHOWN = (
    "relevance_f1",
    "cell_top1",
    "cell_top1_any",
    "cells_micro_f1",
    "topic_top1_any",
    "topic_macro_f1",
    "ece",
)
MINILM_SHARE = 0.3
MINILM_C = 0.3
MINILM_SCALE = 6.0  # unit vectors of 384 dimensions have entries of 0.05; the ridge wants larger ones


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("lists", type=Path)
    parser.add_argument("--vectors", type=Path, required=True)
    arguments = parser.parse_args()
    pairs = join_texts(read_hand_labels(), read_texts([arguments.train])).pairs
    listed = training.without_held_out_texts(
        join_texts(read_list_labels(), read_texts([arguments.lists])).pairs, pairs
    )
    texts = [text for _, text in pairs]
    if not arguments.vectors.is_file():
        np.save(arguments.vectors, MiniLmEmbedder().embed([f"{t.title}. {t.abstract}" for t in texts]))
    vectors = np.load(arguments.vectors)
    with threadpool_limits(1):
        measure([label for label, _ in pairs], texts, listed, vectors)


def measure(labels: Any, texts: Any, listed: Any, vectors: Any) -> None:
    """Cross-validate every variant and print a row for each."""
    taxonomy = load_taxonomy()
    cells, topics = taxonomy.cells, tuple(topic.id for topic in taxonomy.topics)
    targets = targets_of(labels, cells, topics, training.SURE_WEIGHT)
    terms, counts = term_matrix.count_matrix(texts)
    weak = term_matrix.count_known([text for _, text in listed], terms)
    weak_topics = heads_fit.listed_topics([label for label, _ in listed], topics)
    folds = training.fold_of_each(labels)
    width = 1 + 2 * len(cells) + len(topics)
    plain, lists, minilm = (np.zeros((len(labels), width)) for _ in range(3))
    none = csr_matrix((0, len(terms)))
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        known, idf = term_matrix.weigh_terms(counts[inside])
        rows, asked = (
            term_matrix.tfidf(counts[inside], known, idf),
            term_matrix.tfidf(counts[outside], known, idf),
        )
        own = targets.rows(inside)
        heads = heads_fit.fit_heads(rows, own, none[:, known], weak_topics[:0])
        plain[outside] = asked @ heads.weights + heads.bias
        heads = heads_fit.fit_heads(rows, own, term_matrix.tfidf(weak, known, idf), weak_topics)
        lists[outside] = asked @ heads.weights + heads.bias
        kept = (heads_fit.RELEVANCE_C, heads_fit.PRIMARY_C, heads_fit.MANY_C)
        heads_fit.RELEVANCE_C = heads_fit.PRIMARY_C = heads_fit.MANY_C = MINILM_C
        dense = csr_matrix(vectors[inside].astype(np.float64) * MINILM_SCALE)
        heads = heads_fit.fit_heads(dense, own, csr_matrix((0, vectors.shape[1])), weak_topics[:0])
        heads_fit.RELEVANCE_C, heads_fit.PRIMARY_C, heads_fit.MANY_C = kept
        minilm[outside] = (vectors[outside] * MINILM_SCALE) @ heads.weights + heads.bias
    print(f"{'':40}" + "".join(f"{name:>16}" for name in SHOWN))
    for name, columns in (
        ("TF-IDF", plain),
        ("TF-IDF, lists for topics", lists),
        ("MiniLM", minilm),
        ("both", (1 - MINILM_SHARE) * lists + MINILM_SHARE * minilm),
    ):
        scores = HeadScores.from_columns(columns, len(cells))
        found = {}
        for fold in range(FOLDS):
            inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            config = fit_placing(scores.rows(inside), targets.rows(inside), cells, topics)
            calibrated = calibrate(scores.rows(outside), config)
            for place_in_fold, row in enumerate(outside):
                placed = place(calibrated, place_in_fold, config)
                key = labels[row].id
                found[key] = Prediction(key, placed.verdict, placed.relevance, placed.cells, placed.topics)
        usual = [label for label in labels if not label.stratum.startswith("active")]
        for papers, told in ((labels, name), (usual, f"{name}, usual strata")):
            measures = score(papers, found)
            print(f"{told:40}" + "".join(f"{measures[shown]:16.3f}" for shown in SHOWN), flush=True)


if __name__ == "__main__":
    main()
