from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifier.folds import FOLDS
from classifier.labels import HandLabel, ListLabel, ListPlacement
from classifier.model import load_classifier
from classifier.prediction import PaperText
from classifier.training import fold_of_each, train
from foundation.errors import RefusedInputError

Pairs = list[tuple[HandLabel, PaperText]]
MODEL_FILES = ("model.json", "vocabulary.txt", "weights.safetensors")


def test_training_twice_gives_the_same_bytes(
    invented: Pairs, small_model_folder: Path, tmp_path: Path
) -> None:
    card = train(invented, tmp_path / "again")
    for name in (*MODEL_FILES, "card.json", "README.md"):
        assert (tmp_path / "again" / name).read_bytes() == (small_model_folder / name).read_bytes()
    assert card.papers == len(invented)
    assert not list((tmp_path / "again").glob("*.part"))


def test_card_tells_what_was_measured(invented: Pairs, tmp_path: Path) -> None:
    held_out = invented[::5]
    steps: list[str] = []
    card = train(invented, tmp_path, held_out=held_out, step=steps.append)
    assert card.dropped == len(held_out)
    assert card.papers == len(invented) - len(held_out)
    assert card.held_out_papers == len(held_out)
    assert 0.5 < card.held_out["cell_top1"].value <= 1
    assert set(card.cross_validation) == set(card.held_out)
    assert steps
    written = json.loads((tmp_path / "card.json").read_text())
    assert written["held_out"]["cell_top1"]["value"] == round(card.held_out["cell_top1"].value, 4)
    assert "figures flatter" in (tmp_path / "README.md").read_text()


def test_held_out_papers_teach_nothing_under_any_name(invented: Pairs, tmp_path: Path) -> None:
    held_out = invented[:6]
    # The held-out papers again: under other ids, under other spellings, and in a reading list.
    renamed = [
        (label.model_copy(update={"id": f"acl:{row}"}), text) for row, (label, text) in enumerate(held_out)
    ]
    untitled = [
        (
            label.model_copy(update={"id": f"doi:{row}", "title": ""}),
            PaperText(f"doi:{row}", text.title.upper() + "!", text.abstract),
        )
        for row, (label, text) in enumerate(held_out)
    ]
    placement = ListPlacement(
        cell="training/model",
        topic="training/model/peft",
        secondary=None,
        confidence="high",
        list="invented/list",
        heading="Adapters",
    )
    listed = [
        (ListLabel(id=f"s2:{row}", title=label.title, labels=(placement,)), text)
        for row, (label, text) in enumerate(held_out)
    ]
    rest = invented[6:]
    train(rest, tmp_path / "clean", held_out=held_out)
    card = train(
        [*rest, *held_out, *renamed, *untitled], tmp_path / "soiled", listed=listed, held_out=held_out
    )
    assert card.dropped == 18
    assert card.listed == 0
    for name in MODEL_FILES:
        assert (tmp_path / "soiled" / name).read_bytes() == (tmp_path / "clean" / name).read_bytes()


def test_reading_lists_move_the_topic_heads_alone(
    invented: Pairs, small_model_folder: Path, tmp_path: Path
) -> None:
    placement = ListPlacement(
        cell="training/model",
        topic="training/model/peft",
        secondary=None,
        confidence="high",
        list="invented/list",
        heading="Adapters",
    )
    text = PaperText("arxiv:1", "A paper of the list", "Federated learning across clients.")
    card = train(
        invented, tmp_path, listed=[(ListLabel(id="arxiv:1", title=text.title, labels=(placement,)), text)]
    )
    assert card.listed == 1
    before, after = load_classifier(small_model_folder), load_classifier(tmp_path)
    changed = (before.heads.weights != after.heads.weights).any(axis=0)
    topic = 1 + 2 * before.heads.n_cells + before.config.placing.topics.index("training/model/peft")
    assert changed.nonzero()[0].tolist() == [topic]


def test_a_later_label_of_one_id_counts(invented: Pairs, small_model_folder: Path, tmp_path: Path) -> None:
    label, text = invented[0]
    wrong = label.model_copy(update={"primary": "add-ons/data", "topics": ()})
    train([(wrong, text), *invented], tmp_path / "corrected")
    for name in MODEL_FILES:
        corrected = (tmp_path / "corrected" / name).read_bytes()
        assert corrected == (small_model_folder / name).read_bytes()


def test_both_readings_of_one_title_stand_in_one_fold() -> None:
    labels = [
        HandLabel(id=identifier, title=title, relevant=False)
        for number in range(30)
        for identifier, title in (
            (f"arxiv:{number}", f"Paper {number}"),
            (f"acl:{number}", f"PAPER-{number}"),
        )
    ]
    folds = fold_of_each(labels)
    assert (folds[::2] == folds[1::2]).all()
    assert set(folds.tolist()) == set(range(FOLDS))


def test_too_little_or_unknown_is_refused(invented: Pairs, tmp_path: Path) -> None:
    with pytest.raises(RefusedInputError, match="too few labelled papers"):
        train(invented[:10], tmp_path)
    with pytest.raises(RefusedInputError, match="too few labelled papers"):
        train([pair for pair in invented if pair[0].relevant], tmp_path)
    label, text = invented[0]
    odd = (label.model_copy(update={"id": "arxiv:odd", "primary": "training/poetry", "topics": ()}), text)
    odd = (odd[0].model_copy(update={"title": "Odd one"}), PaperText("arxiv:odd", "Odd one", ""))
    with pytest.raises(RefusedInputError, match=r"taxonomy lacks.*training/poetry"):
        train([*invented, odd], tmp_path)
    assert not list(tmp_path.iterdir())
