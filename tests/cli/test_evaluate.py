from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.scoring import MACRO_SUPPORT

GOLD = [
    ("1", "Low-rank adapters for fine-tuning language models", "We train adapters.", "training/model"),
    ("2", "Prompting language models with examples", "We study in-context examples.", "inference/context"),
    ("3", "Moult of arctic terns", "We ringed terns.", None),
]


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    rows = [
        {
            "id": i,
            "title": t,
            "abstract": a,
            "relevant": cell is not None,
            "primary": cell,
            "stratum": "natural:x",
        }
        for i, t, a, cell in GOLD
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_measures_with_intervals(landscape: Callable, gold: Path) -> None:
    outcome = landscape("evaluate", gold, "--json")
    assert outcome.code == 0
    (found,) = json.loads(outcome.out).values()
    assert found["papers"] == 3
    assert 0 <= found["cell_top1_any"] <= 1
    low, high = found["intervals"]["cell_top1_any"]
    assert low <= found["cell_top1_any"] <= high
    assert MACRO_SUPPORT > 1  # three papers are too few for a mean over classes
    assert found["cell_macro_f1"] == 0


def test_peers_stand_beside_it_on_the_same_papers(landscape: Callable, gold: Path) -> None:
    outcome = landscape("evaluate", gold, "--baselines", "--json")
    assert outcome.code == 0
    found = json.loads(outcome.out)
    names = [name.rpartition(" ")[0] for name in found]
    assert names[-4:] == [
        "baseline-majority",
        "baseline-zero-shot",
        "baseline-minilm-logistic",
        "baseline-tfidf-logistic",
    ]
    assert {measured["papers"] for measured in found.values()} == {3}
    shown = landscape("evaluate", gold, "--baselines").out
    assert "baseline-tfidf-logistic" in shown
    assert " to " in shown


def test_a_label_without_text_is_refused_by_name(landscape: Callable, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"id": "arxiv:1", "relevant": false}\n')
    outcome = landscape("evaluate", path)
    assert outcome.code == 2
    assert len(outcome.err.strip().splitlines()) == 1


def test_texts_may_stand_elsewhere(landscape: Callable, gold: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in gold.read_text().splitlines()]
    texts, labels = tmp_path / "texts.jsonl", tmp_path / "labels.jsonl"
    texts.write_text("".join(json.dumps({k: r[k] for k in ("id", "title", "abstract")}) + "\n" for r in rows))
    labels.write_text("".join(json.dumps({**r, "title": "", "abstract": ""}) + "\n" for r in rows))
    (apart,) = json.loads(landscape("evaluate", labels, "--texts", texts, "--json").out).values()
    (together,) = json.loads(landscape("evaluate", gold, "--json").out).values()
    assert apart == together


def test_the_projects_own_list_needs_its_papers(landscape: Callable) -> None:
    outcome = landscape("evaluate")
    assert outcome.code == 2
    assert "too few labels have a text" in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1
