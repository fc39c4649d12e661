from __future__ import annotations

import pytest

from classifier.baselines import MajorityBaseline, ZeroShotBaseline, score_baselines
from classifier.embedder import MiniLmEmbedder
from classifier.labels import HandLabel
from classifier.prediction import PaperText
from classifier.rows import prediction_to_row
from foundation.errors import RefusedInputError
from taxonomy.loader import load_taxonomy

PAPERS = [
    PaperText("1", "Federated fine-tuning of language models", "Clients keep their data on their devices."),
    PaperText("2", "Quantising weights to four bits", "Low-bit weights and activations for inference."),
]


def test_majority_counts_cells_and_their_topics() -> None:
    labels = [
        HandLabel(
            id=str(n),
            relevant=True,
            primary="training/model",
            topics=("training/model/peft",) if n else ("training/model/distillation",),
        )
        for n in range(3)
    ]
    labels += [
        HandLabel(id="9", relevant=True, primary="training/data", others=("training/model",)),
        HandLabel(id="10", relevant=False),
    ]
    baseline = MajorityBaseline(labels, load_taxonomy())
    rows = [prediction_to_row(prediction) for prediction in baseline.predict(PAPERS)]
    assert [row["id"] for row in rows] == ["1", "2"]
    assert rows[0]["cells"] == [{"cell": "training/model", "score": 1.0}]
    assert rows[0]["topics"] == [{"topic": "training/model/peft", "score": 0.5}]
    assert rows[0]["relevance"] == 0.8
    with pytest.raises(RefusedInputError):
        MajorityBaseline(labels[-1:], load_taxonomy())


def test_zero_shot_finds_the_nearest_description() -> None:
    baseline = ZeroShotBaseline(MiniLmEmbedder(), load_taxonomy())
    first, second = baseline.predict(PAPERS)
    assert first.topics[0].topic == "training/context/federated-learning"
    assert second.cells[0].cell == "inference/model"
    assert second.topics[0].score == second.cells[0].score


def test_scores_of_both_come_by_name() -> None:
    gold = [
        (HandLabel(id=paper.id, relevant=True, primary="training/context"), paper) for paper in PAPERS[:1]
    ]
    found = score_baselines(gold)
    assert set(found) == {"baseline-majority", "baseline-zero-shot"}
    assert found["baseline-zero-shot"]["cell_top1"] == 1.0
    assert found["baseline-majority"]["cell_top1"] == 0.0
