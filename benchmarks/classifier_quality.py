"""Quality and speed of the shipped classifier on labelled papers.

usage: python benchmarks/classifier_quality.py GOLD.jsonl[.gz] [--baselines] [--titles-only]

GOLD holds labels with title and abstract. Prints for both modes the measures of `classifier.scoring` with
95 % bootstrap intervals, and papers a second with evidence, of processor time on one core (other work on
the machine does not count) and by the clock on all of them.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import get_args

from classifier.baselines import score_baselines
from classifier.labels import read_hand_labels
from classifier.model import load_classifier
from classifier.model_config import Mode
from classifier.scoring import bootstrap
from classifier.texts import join_texts, read_texts


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--baselines", action="store_true")
    parser.add_argument("--titles-only", action="store_true", help="as if no paper had an abstract")
    arguments = parser.parse_args()
    joined = join_texts(read_hand_labels(arguments.gold), read_texts([arguments.gold]))
    texts = [replace(text, abstract="") if arguments.titles_only else text for _, text in joined.pairs]
    for mode in get_args(Mode):
        cpu, wall = time.process_time(), time.monotonic()
        model = load_classifier(mode=mode)
        model.predict_one(texts[0])
        print(f"{mode}: load and first paper    {time.process_time() - cpu:.2f} s of processor time")
        cpu, wall = time.process_time(), time.monotonic()
        predictions = {prediction.id: prediction for prediction in model.predict(texts)}
        print(f"{mode}: papers a core second    {len(texts) / (time.process_time() - cpu):.0f}")
        print(f"{mode}: papers a second         {len(texts) / (time.monotonic() - wall):.0f}")
        for name, interval in bootstrap([label for label, _ in joined.pairs], predictions).items():
            print(f"{mode}: {name:22}  {interval.value:.3f}  ({interval.low:.3f} to {interval.high:.3f})")
    if arguments.baselines:
        for name, measures in score_baselines(joined.pairs).items():
            for measure in (
                "cell_top1",
                "cell_top1_any",
                "cells_micro_f1",
                "topic_top1_any",
                "topic_macro_f1",
            ):
                print(f"{name:20} {measure:16} {measures[measure]:.3f}")


if __name__ == "__main__":
    main()
