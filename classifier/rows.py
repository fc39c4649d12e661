"""A prediction as a row of the file that `landscape predict` writes."""

from __future__ import annotations

from typing import Any

from classifier.prediction import Prediction


def prediction_to_row(prediction: Prediction) -> dict[str, Any]:
    """A prediction as plain data, keys in a fixed order.

    Scores come with six digits, weights of evidence with four, as the classifier rounds them.

    Args:
        prediction: What a classifier said.

    Returns:
        `{"id", "verdict", "relevant", "relevance", "cells": [{"cell", "score"}], "topics":
        [{"topic", "score"}], "evidence": [{"text", "cell", "weight", "phrases"}]}`, best first.
    """
    return {
        "id": prediction.id,
        "verdict": prediction.verdict,
        "relevant": prediction.relevant,
        "relevance": prediction.relevance,
        "cells": [{"cell": cell.cell, "score": cell.score} for cell in prediction.cells],
        "topics": [{"topic": topic.topic, "score": topic.score} for topic in prediction.topics],
        "evidence": [
            {
                "text": piece.text,
                "cell": piece.cell,
                "weight": piece.weight,
                "phrases": list(piece.phrases),
            }
            for piece in prediction.evidence
        ],
    }
