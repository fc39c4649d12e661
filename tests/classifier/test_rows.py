from __future__ import annotations

from classifier.prediction import CellScore, Evidence, Prediction, TopicScore
from classifier.rows import prediction_to_row


def test_row_has_the_promised_shape_and_order() -> None:
    prediction = Prediction(
        "arxiv:1",
        "labelled",
        0.97,
        (CellScore("training/model", 0.9), CellScore("training/data", 0.4)),
        (TopicScore("training/model/peft", 0.8),),
        (Evidence("We train adapters.", "training/model", 1.25, ("train adapters",)),),
    )
    assert prediction_to_row(prediction) == {
        "id": "arxiv:1",
        "verdict": "labelled",
        "relevant": True,
        "relevance": 0.97,
        "cells": [{"cell": "training/model", "score": 0.9}, {"cell": "training/data", "score": 0.4}],
        "topics": [{"topic": "training/model/peft", "score": 0.8}],
        "evidence": [
            {
                "text": "We train adapters.",
                "cell": "training/model",
                "weight": 1.25,
                "phrases": ["train adapters"],
            }
        ],
    }
    assert list(prediction_to_row(prediction)) == [
        "id",
        "verdict",
        "relevant",
        "relevance",
        "cells",
        "topics",
        "evidence",
    ]


def test_a_paper_off_the_chart_has_empty_lists() -> None:
    row = prediction_to_row(Prediction("x", "not-relevant", 0.02))
    assert row["relevant"] is False
    assert row["cells"] == row["topics"] == row["evidence"] == []
