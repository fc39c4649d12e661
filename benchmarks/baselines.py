"""The table of docs/benchmark.md: our model beside its peers, on the same papers.

usage: python -m benchmarks.baselines [GOLD.jsonl[.gz]]
       python -m benchmarks.baselines --fit --texts TEXTS.jsonl.gz [--vectors VECTORS.npy]

Without --fit it prints what `landscape evaluate GOLD --baselines` prints, as a Markdown table. With it,
the heads over MiniLM vectors are fitted again from the training list and written into the package; the
texts of the papers are needed for that, and about four minutes on two cores for their vectors, unless
--vectors holds them in the order of the list.
GOLD defaults to the dev list beside the checkout (../shared/gold/dev.jsonl.gz).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np

from classifier.embedder import MiniLmEmbedder
from classifier.labels import DEV_FILE, read_hand_labels
from classifier.peers import MINILM_FILE, fit_minilm_peer, text_of
from classifier.texts import join_texts, read_texts, require_resolved
from classifier.training import without_held_out_texts

DEFAULT_GOLD = Path(os.environ.get("TEST_SHARED_DATA", "../shared")) / "gold" / "dev.jsonl.gz"
SHOWN = {
    "cell_top1": "first cell",
    "cell_top1_any": "any right cell",
    "cell_macro_f1": "cell macro F1",
    "topic_top1_any": "topic",
    "topic_macro_f1": "topic macro F1",
    "relevance_f1": "relevance F1",
    "ece": "calibration error",
    "coverage_at_95": "coverage at 95 %",
}


def fit(texts: list[Path], vectors: Path | None) -> None:
    """Fit the heads over MiniLM vectors and write them."""
    labels = read_hand_labels()
    joined = join_texts(labels, read_texts(texts))
    require_resolved(joined)
    held_out = [
        (label, text) for label, text in join_texts(read_hand_labels(DEV_FILE), read_texts(texts)).pairs
    ]
    pairs = without_held_out_texts(joined.pairs, held_out)
    if vectors is None:
        found = MiniLmEmbedder().embed([text_of(text) for _, text in pairs])
    else:
        row_of = {label.id: row for row, label in enumerate(labels)}
        found = np.load(vectors, allow_pickle=False)[[row_of[label.id] for label, _ in pairs]]
    fit_minilm_peer([label for label, _ in pairs], found)
    print(f"{MINILM_FILE}: {len(pairs)} papers, {MINILM_FILE.stat().st_size} bytes")


def table(gold: Path) -> None:
    """Print the table."""
    from cli.evaluate import evaluated

    results = evaluated(gold, baselines=True)
    print("| | " + " | ".join(SHOWN.values()) + " |")
    print("|---" * (len(SHOWN) + 1) + "|")
    for name, measured in results.items():
        cells = [
            f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
            for found in (measured.intervals[measure] for measure in SHOWN)
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")


def main() -> None:
    """Fit, or measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("gold", type=Path, nargs="?", default=DEFAULT_GOLD)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--texts", type=Path, action="append", default=[])
    parser.add_argument("--vectors", type=Path)
    arguments = parser.parse_args()
    if arguments.fit:
        fit(arguments.texts, arguments.vectors)
    else:
        table(arguments.gold)


if __name__ == "__main__":
    main()
