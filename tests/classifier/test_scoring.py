from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.labels import DEV_FILE, HandLabel, read_hand_labels
from classifier.model import load_classifier
from classifier.prediction import CellScore, Prediction, TopicScore
from classifier.rows import prediction_to_row
from classifier.scoring import bootstrap, score
from classifier.texts import join_texts, read_texts
from foundation.errors import RefusedInputError
from taxonomy.loader import load_taxonomy

DATA, MODEL, RLHF = "training/data", "training/model", "training/evaluation"


def right(identifier: str, cell: str, value: float, *topics: str) -> Prediction:
    return Prediction(
        identifier,
        "labelled",
        0.9,
        (CellScore(cell, value),),
        tuple(TopicScore(topic, 0.5) for topic in topics),
    )


def relevant(identifier: str, primary: str, *others: str, topics: tuple[str, ...] = ()) -> HandLabel:
    return HandLabel(id=identifier, relevant=True, primary=primary, others=others, topics=topics)


def test_measures_by_hand() -> None:
    gold = [
        relevant("1", DATA, MODEL, topics=(f"{DATA}/synthetic",)),
        relevant("2", DATA, topics=(f"{DATA}/tokenizer",)),
        relevant("3", MODEL),
        relevant("4", RLHF),
        HandLabel(id="5", relevant=False),
        HandLabel(id="6", relevant=False, stratum="natural:x+kw"),
    ]
    predictions = [
        right("1", MODEL, 0.8, f"{DATA}/synthetic"),
        right("2", DATA, 0.8, f"{DATA}/synthetic"),
        right("3", MODEL, 0.8),
        Prediction("4", "not-relevant", 0.1),
        right("5", DATA, 0.3),
        right("6", DATA, 0.3),
    ]
    found = score(gold, {prediction.id: prediction for prediction in predictions})
    assert found["relevance_precision"] == pytest.approx(3 / 4)
    assert found["relevance_recall"] == pytest.approx(3 / 4)
    assert found["cell_top1"] == pytest.approx(2 / 4)
    assert found["cell_top1_any"] == pytest.approx(3 / 4)
    assert found["row_top1"] == pytest.approx(3 / 4)
    assert found["cells_micro_f1"] == pytest.approx(2 * 3 / (3 + 5))
    assert found["topic_top1_any"] == pytest.approx(1 / 2)
    assert found["ece"] == pytest.approx((abs(0.8 * 3 - 3) + 0) / 4)
    assert found["coverage_at_90"] == pytest.approx(3 / 4)


def test_a_relevant_paper_without_a_cell_is_an_error() -> None:
    gold = [relevant("1", DATA), relevant("2", DATA)]
    found = score(gold, {"1": right("1", DATA, 0.9), "2": Prediction("2", "unsure", 0.9)})
    assert found["cell_top1"] == 0.5
    assert found["row_top1"] == 0.5


def test_a_label_without_a_prediction_is_refused() -> None:
    with pytest.raises(RefusedInputError, match="first=2"):
        score([relevant("1", DATA), relevant("2", DATA)], {"1": right("1", DATA, 0.9)})


def test_nothing_scores_nothing() -> None:
    assert score([], {})["cell_top1"] == 0.0


def test_bootstrap_is_seeded_and_holds_the_value() -> None:
    chance = random.Random(1)
    gold = [relevant(str(n), DATA) for n in range(80)]
    predictions = {
        str(n): right(str(n), chance.choice([DATA, MODEL]), round(chance.random(), 3)) for n in range(80)
    }
    first = bootstrap(gold, predictions, rounds=100)
    assert first == bootstrap(gold, predictions, rounds=100)
    interval = first["cell_top1"]
    assert interval.low < interval.value < interval.high
    # Binomial standard error of a share near one half over 80 papers, times 1.96, is 0.11.
    assert 0.12 < interval.high - interval.low < 0.32


@pytest.fixture(scope="module")
def score_py(shared_data: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_py", shared_data / "gold" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def agree(module: ModuleType, gold: list[HandLabel], predictions: dict[str, Prediction]) -> None:
    rows = {label.id: json.loads(label.model_dump_json()) for label in gold}
    expected = module.score(rows, {key: prediction_to_row(p) for key, p in predictions.items()})
    found = score(gold, predictions)
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name


@pytest.mark.shared
def test_shipped_model_keeps_its_figures_on_dev(shared_data: Path, score_py: ModuleType) -> None:
    gold = list(read_hand_labels(DEV_FILE))
    joined = join_texts(gold, read_texts([shared_data / "gold" / "dev.jsonl.gz"]))
    assert not joined.unresolved
    texts = [text for _, text in joined.pairs]
    predictions = {p.id: p for p in load_classifier().predict(texts, evidence=False)}
    agree(score_py, gold, predictions)
    found = score(gold, predictions)
    assert found["relevance_f1"] >= 0.955
    assert found["cell_top1"] >= 0.67
    assert found["cell_top1_any"] >= 0.85
    assert found["topic_top1_any"] >= 0.81
    assert found["topic_macro_f1"] >= 0.62
    assert found["cells_micro_f1"] >= 0.73
    assert found["ece"] <= 0.05
    assert found["coverage_at_90"] >= 0.85


CELLS = load_taxonomy().cells[:5]
TOPICS = tuple(topic.id for topic in load_taxonomy().topics[:6])


@pytest.mark.shared
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_measures_agree_with_the_published_script_on_any_predictions(
    data: st.DataObject, score_py: ModuleType
) -> None:
    gold, predictions = [], {}
    strata = st.sampled_from(["natural:a", "natural:a+kw", "targeted:b", "active:c"])
    for number in range(data.draw(st.integers(6, 25))):
        cells = data.draw(st.lists(st.sampled_from(CELLS), max_size=3, unique=True))
        # The script divides by the number of cells with five papers: the first five give it one.
        cells = [CELLS[0]] if number < 5 else cells
        own = [topic for topic in TOPICS if topic.rpartition("/")[0] in cells]
        topics = data.draw(st.lists(st.sampled_from(own), unique=True)) if own else []
        gold.append(
            HandLabel(
                id=f"arxiv:{number}",
                stratum=data.draw(strata),
                relevant=bool(cells),
                primary=cells[0] if cells else None,
                others=tuple(cells[1:]),
                topics=tuple(topics),
            )
        )
        guessed = data.draw(st.lists(st.sampled_from(CELLS), max_size=3, unique=True))
        predictions[f"arxiv:{number}"] = Prediction(
            f"arxiv:{number}",
            "labelled" if guessed else "not-relevant",
            0.5,
            tuple(CellScore(cell, data.draw(st.floats(0, 1))) for cell in guessed),
            tuple(
                TopicScore(topic, 0.5)
                for topic in (data.draw(st.lists(st.sampled_from(TOPICS), unique=True)) if guessed else [])
            ),
        )
    agree(score_py, gold, predictions)
