"""Predictions of the shipped model told on a later version of the grid."""

from __future__ import annotations

from typing import Any

import pytest

from classifier.carried import CarriedClassifier
from classifier.model import load_classifier
from classifier.prediction import PaperText, Prediction
from taxonomy.loader import check_taxonomy, founding_taxonomy
from taxonomy.models import Taxonomy

LORA = PaperText(
    "lora",
    "Low-rank adapters for parameter-efficient fine-tuning of large language models",
    "We fine-tune a large language model with LoRA adapters: low-rank updates of the weights, a small part "
    "of all parameters. Parameter-efficient fine-tuning matches full fine-tuning.",
)
BANDIT = PaperText("bandit", "Regret of linear bandits", "We bound the regret of a linear bandit.")
RENAMED, MOVED = "training/model/small-updates", "inference/model/peft"


@pytest.fixture(scope="module")
def shipped():
    return load_classifier()


def later(change: Any) -> Taxonomy:
    data = founding_taxonomy().model_dump(mode="json", by_alias=True)
    data["version"] = "1.1"
    change(data)
    taxonomy = Taxonomy.model_validate(data)
    check_taxonomy(taxonomy)
    return taxonomy


def renamed_to(new: str | None) -> Taxonomy:
    """PEFT under another id, or given up."""

    def change(data: Any) -> None:
        for topic in data["topics"]:
            topic["excludes"] = [each for each in topic["excludes"] if each["see"] != "training/model/peft"]
            if topic["id"] == "training/model/peft" and new is not None:
                topic["id"] = new
                topic["excludes"] = []
        data["topics"] = [topic for topic in data["topics"] if topic["id"] != "training/model/peft"]
        data["redirects"] = [
            {"from": "training/model/peft", "to": new, "since": "1.1", "reason": "Agreed among readers"}
        ]

    return later(change)


def told(shipped, taxonomy: Taxonomy, *papers: PaperText) -> list[Prediction]:
    return list(CarriedClassifier(shipped, founding_taxonomy(), taxonomy).predict(papers))


def test_an_unchanged_grid_changes_nothing_but_the_version(shipped) -> None:
    same = later(lambda data: None)
    carried = CarriedClassifier(shipped, founding_taxonomy(), same)
    assert list(carried.predict([LORA, BANDIT])) == list(shipped.predict([LORA, BANDIT]))
    assert carried.taxonomy_version == "1.1"
    assert carried.digest != shipped.digest, "papers are labelled again for the new version"


def test_a_renamed_topic_keeps_its_papers(shipped) -> None:
    (before,) = shipped.predict([LORA])
    (after,) = told(shipped, renamed_to(RENAMED), LORA)
    assert before.topics[0].topic == "training/model/peft"
    assert (after.topics[0].topic, after.topics[0].score) == (RENAMED, before.topics[0].score)
    assert after.cells == before.cells


def test_a_moved_topic_takes_its_papers_along(shipped) -> None:
    (before,) = shipped.predict([LORA])
    (after,) = told(shipped, renamed_to(MOVED), LORA)
    assert before.cells[0].cell == "training/model"
    assert after.cells[0] == type(before.cells[0])("inference/model", before.cells[0].score)
    assert after.topics[0].topic == MOVED
    assert {piece.cell for piece in after.evidence} == {"inference/model"}


def test_a_topic_given_up_leaves_its_papers_in_the_cell(shipped) -> None:
    (after,) = told(shipped, renamed_to(None), LORA)
    assert after.cells[0].cell == "training/model"
    assert "training/model/peft" not in [each.topic for each in after.topics]
    assert after.verdict in ("cell-no-topic", "unsure")


def test_a_new_topic_is_known_by_its_phrases_until_the_model_is_trained_again(shipped) -> None:
    def add(data: Any) -> None:
        data["topics"].append(
            {
                "id": "training/model/low-rank-updates",
                "label": "Low-rank updates",
                "scope_note": "Weights are changed by products of small matrices.",
                "seed_phrases": ["low-rank updates", "low-rank adapters", "LoRA"],
            }
        )

    fine, off = told(shipped, later(add), LORA, BANDIT)
    assert "training/model/low-rank-updates" in [each.topic for each in fine.topics]
    assert "training/model/peft" in [each.topic for each in fine.topics]
    assert off.verdict == "not-relevant"
