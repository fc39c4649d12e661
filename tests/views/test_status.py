"""The status page: the store in figures, the sources, the classifier's card."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.errors import ModelError
from views.model_card import MEASURES, read_card


def _text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_status_says_what_the_store_holds(filled: Path, show: Callable) -> None:
    text = _text(show("status").html)
    for part in ("40 papers", "39 classified", "38 relevant", "1 cell in doubt", "1 records rejected"):
        assert part in text
    assert "arxiv never 40" in text
    assert "2022 5" in text
    assert "This store was last labelled by invented-model abababababab." in text


def test_status_of_an_empty_store(show: Callable) -> None:
    page = show("status")
    text = _text(page.html)
    assert "0 papers" in text
    assert "No classifier has labelled this store yet" in text


def test_shipped_card_is_shown_measure_by_measure(filled: Path, show: Callable) -> None:
    text = _text(show("status").html)
    for label in MEASURES.values():
        assert label in text


def test_own_model_is_shown_in_place_of_the_shipped_one(filled: Path, home: Path, show: Callable) -> None:
    (home / "model").mkdir()
    card = {"name": "my-own", "taxonomy_version": "1.0", "papers": 7, "terms": 3, "cross_validation": {}}
    (home / "model" / "card.json").write_text(json.dumps(card))
    assert "Model my-own for taxonomy 1.0: 3 terms, fitted on 7 papers" in _text(show("status").html)


def test_damaged_card_is_named(tmp_path: Path) -> None:
    assert read_card(tmp_path) is None
    (tmp_path / "card.json").write_text("{")
    with pytest.raises(ModelError, match=r"card\.json"):
        read_card(tmp_path)
