"""How good predictions are against hand labels: the measures, and bootstrap intervals.

All cell and topic measures are over the papers that the labels call relevant. A paper judged
relevant without a cell, or relevant by its label and not by the prediction, is an error of the
cell measures and never a skip.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifier.labels import HandLabel
from classifier.prediction import Prediction
from foundation.errors import RefusedInputError

MACRO_SUPPORT = 5  # classes with fewer gold papers are too noisy for a mean over classes
CALIBRATION_BINS = 10
BOOTSTRAP_SEED = 20231201


@dataclass(frozen=True)
class Interval:
    """A measure with the bounds of its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def score(gold: Sequence[HandLabel], predictions: Mapping[str, Prediction]) -> dict[str, float]:
    """Score predictions against hand labels.

    Args:
        gold: Hand labels.
        predictions: By the labels' ids; further ones are not looked at.

    Returns:
        By name: `papers`, `relevance_precision`, `relevance_recall`, `relevance_f1` (over papers
        drawn at random alone: strata `natural:…` without `+kw`), `relevant`, `cell_top1`,
        `cell_top1_any`, `row_top1`, `column_top1`, `cell_macro_f1`, `cells_micro_f1`,
        `papers_with_topic`, `topic_top1_any`, `topic_macro_f1`, `topics_scored`, `ece` (ten
        bins of equal width; the first score read as the probability of any right cell),
        `coverage_at_90`, `coverage_at_95` (largest share of papers that a threshold on the
        first score keeps at that precision).

    Raises:
        RefusedInputError: A label has no prediction.
    """
    missing = [label.id for label in gold if label.id not in predictions]
    if missing:
        raise RefusedInputError(
            "labelled papers have no prediction",
            hint="Predict them all.",
            papers=len(missing),
            first=missing[0],
        )
    return _score([(label, predictions[label.id]) for label in gold])


def bootstrap(
    gold: Sequence[HandLabel], predictions: Mapping[str, Prediction], rounds: int = 300
) -> dict[str, Interval]:
    """Measures with 95 % percentile intervals over resampled papers.

    Args:
        gold: Hand labels.
        predictions: By the labels' ids.
        rounds: How many resamples; the seed is fixed.

    Returns:
        The shares among the measures of `score`, by name.
    """
    values = score(gold, predictions)
    pairs = [(label, predictions[label.id]) for label in gold]
    names = [
        name for name in values if name not in ("papers", "relevant", "papers_with_topic", "topics_scored")
    ]
    chance = random.Random(BOOTSTRAP_SEED)  # noqa: S311 - resampling, not secrets
    draws = [_score(chance.choices(pairs, k=len(pairs))) for _ in range(rounds)] if pairs else []
    found: dict[str, Interval] = {}
    for name in names:
        ordered = sorted(draw[name] for draw in draws) or [values[name]]
        low = ordered[int(0.025 * (len(ordered) - 1))]
        high = ordered[round(0.975 * (len(ordered) - 1))]
        found[name] = Interval(values[name], low, high)
    return found


def _score(pairs: Sequence[tuple[HandLabel, Prediction]]) -> dict[str, float]:
    relevant = [(label, prediction) for label, prediction in pairs if label.relevant]
    return {
        "papers": len(pairs),
        **_relevance(pairs),
        "relevant": len(relevant),
        **_cells(relevant),
        **_topics(relevant),
        **_calibration(relevant),
    }


def _relevance(pairs: Sequence[tuple[HandLabel, Prediction]]) -> dict[str, float]:
    natural = [
        (prediction.relevant, label.relevant)
        for label, prediction in pairs
        if label.stratum.startswith("natural") and "+kw" not in label.stratum
    ]
    hits = sum(found and right for found, right in natural)
    false = sum(found and not right for found, right in natural)
    missed = sum(right and not found for found, right in natural)
    return {
        "relevance_precision": _share(hits, hits + false),
        "relevance_recall": _share(hits, hits + missed),
        "relevance_f1": _f1(hits, false, missed),
    }


def _cells(relevant: Sequence[tuple[HandLabel, Prediction]]) -> dict[str, float]:
    top1 = any_hit = row = column = 0
    hits: Counter[str] = Counter()
    false: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    support: Counter[str] = Counter()
    set_hits = set_false = set_missed = 0
    for label, prediction in relevant:
        primary = label.primary or ""
        cells = [cell.cell for cell in prediction.cells]
        first = cells[0] if cells else None
        truth = set(label.cells)
        support[primary] += 1
        any_hit += first in truth
        if first is not None:
            row += first.split("/")[0] == primary.split("/")[0]
            column += first.split("/")[1] == primary.split("/")[1]
        if first == primary:
            top1 += 1
            hits[primary] += 1
        else:
            missed[primary] += 1
            if first is not None:
                false[first] += 1
        set_hits += len(truth & set(cells))
        set_false += len(set(cells) - truth)
        set_missed += len(truth - set(cells))
    counted = [cell for cell, papers in support.items() if papers >= MACRO_SUPPORT]
    return {
        "cell_top1": _share(top1, len(relevant)),
        "cell_top1_any": _share(any_hit, len(relevant)),
        "row_top1": _share(row, len(relevant)),
        "column_top1": _share(column, len(relevant)),
        "cell_macro_f1": _mean([_f1(hits[cell], false[cell], missed[cell]) for cell in counted]),
        "cells_micro_f1": _f1(set_hits, set_false, set_missed),
    }


def _topics(relevant: Sequence[tuple[HandLabel, Prediction]]) -> dict[str, float]:
    with_topic = first_hits = 0
    hits: Counter[str] = Counter()
    false: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for label, prediction in relevant:
        found = [topic.topic for topic in prediction.topics]
        if label.topics:
            with_topic += 1
            first_hits += bool(found) and found[0] in label.topics
        for topic in label.topics:
            (hits if topic in found else missed)[topic] += 1
        false.update(set(found) - set(label.topics))
    counted = [topic for topic in {**hits, **missed} if hits[topic] + missed[topic] >= MACRO_SUPPORT]
    return {
        "papers_with_topic": with_topic,
        "topic_top1_any": _share(first_hits, with_topic),
        "topic_macro_f1": _mean([_f1(hits[topic], false[topic], missed[topic]) for topic in counted]),
        "topics_scored": len(counted),
    }


def _calibration(relevant: Sequence[tuple[HandLabel, Prediction]]) -> dict[str, float]:
    scored = [
        (prediction.cells[0].score, prediction.cells[0].cell in label.cells)
        if prediction.cells
        else (0.0, False)
        for label, prediction in relevant
    ]
    bins: dict[int, list[tuple[float, bool]]] = {}
    for value, hit in scored:
        bins.setdefault(min(int(value * CALIBRATION_BINS), CALIBRATION_BINS - 1), []).append((value, hit))
    gap = sum(abs(sum(value for value, _ in held) - sum(hit for _, hit in held)) for held in bins.values())
    found = {"ece": gap / len(scored) if scored else 0.0}
    scored.sort(key=lambda pair: -pair[0])
    for percent in (90, 95):
        right = kept = 0
        for papers, (_, hit) in enumerate(scored, 1):
            right += hit
            if right / papers >= percent / 100:
                kept = papers
        found[f"coverage_at_{percent}"] = _share(kept, len(scored))
    return found


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _f1(hits: int, false: int, missed: int) -> float:
    return 2 * hits / (2 * hits + false + missed) if hits else 0.0
