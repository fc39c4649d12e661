"""Tuning the encoder: refused in a sentence without torch, and with it a folder that can be read."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.encoder_tuning import Tuning, tune
from classifier.labels import HandLabel
from classifier.prediction import PaperText
from classifier.tuned_encoder import TunedEncoder
from foundation.errors import ConfigurationError, RefusedInputError
from taxonomy.loader import founding_taxonomy

torch_is_there = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not torch_is_there, reason="torch is the extra `fine-tuning`")


def test_without_torch_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigurationError, match="needs torch") as caught:
        tune(invented, tmp_path, founding_taxonomy())
    assert "fine-tuning" in str(caught.value)
    assert not list(tmp_path.iterdir())


@needs_torch
def test_too_few_papers_are_refused(tmp_path: Path, invented: list[tuple[HandLabel, PaperText]]) -> None:
    with pytest.raises(RefusedInputError, match="too few"):
        tune(invented[:10], tmp_path, founding_taxonomy())


@needs_torch
def test_it_learns_and_is_read_back_without_torch(
    tmp_path: Path, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    told: list[float] = []
    tuning = Tuning(first_tuned_layer=5, max_tokens=48, passes=4, rate=5e-4)
    config = tune(
        invented, tmp_path, founding_taxonomy(), tuning=tuning, step=lambda _, __, loss: told.append(loss)
    )
    # The mean so far: its first batches may hold papers of other fields alone, which ask for little.
    assert told[-1] < 0.6 * max(told)
    encoder = TunedEncoder(tmp_path)
    assert encoder.config == config
    kept_out = [(label, text) for label, text in invented if config.unseen(text.title)]
    scores = encoder.score_all([text for _, text in kept_out])
    relevant = np.array([label.relevant for label, _ in kept_out])
    assert scores.relevance[relevant].mean() > scores.relevance[~relevant].mean() + 1


@needs_torch
def test_it_goes_on_from_where_another_tuning_ended(
    tmp_path: Path, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    tuning = Tuning(first_tuned_layer=5, max_tokens=48, passes=2, rate=5e-4)
    ended: list[float] = []
    tune(invented, tmp_path / "first", founding_taxonomy(), tuning=tuning)
    first = TunedEncoder(tmp_path / "first")
    config = tune(
        invented,
        tmp_path / "second",
        founding_taxonomy(),
        tuning=replace(tuning, passes=1, rate=1e-9),
        start=first,
        step=lambda _, __, loss: ended.append(loss),
    )
    assert config.settings["started_from"] == first.config.weights_sha256
    anew: list[float] = []
    tune(
        invented,
        tmp_path / "anew",
        founding_taxonomy(),
        tuning=replace(tuning, passes=1, rate=1e-9),
        step=lambda _, __, loss: anew.append(loss),
    )
    assert ended[-1] < 0.9 * anew[-1]
    with pytest.raises(RefusedInputError, match="another grid or in another form"):
        tune(
            invented,
            tmp_path / "third",
            founding_taxonomy(),
            tuning=replace(tuning, max_tokens=64),
            start=first,
        )
