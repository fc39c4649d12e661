"""The status page: the store in figures, the sources, the classifier's card."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.model import DEFAULT_FOLDER
from db.engine import open_store
from db.schedule import finish_request, request_harvest, take_requests
from foundation.errors import ModelError
from views.model_card import MEASURES, read_card

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


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
    card = read_card(DEFAULT_FOLDER)
    assert card is not None
    assert f"{card.cross_validation_papers:,} of the papers, each predicted by a fit without it" in text
    assert "The same, fast mode" in text


def test_own_model_is_shown_in_place_of_the_shipped_one(filled: Path, home: Path, show: Callable) -> None:
    (home / "model").mkdir()
    card = {"name": "my-own", "taxonomy_version": "1.0", "papers": 7, "terms": 3, "cross_validation": {}}
    (home / "model" / "card.json").write_text(json.dumps(card))
    text = _text(show("status").html)
    assert "Cross-validation: 7 of the papers" in text
    assert "fast mode" not in text
    assert "Model my-own for taxonomy 1.0: 3 terms, fitted on 7 papers" in text


def test_damaged_card_is_named(tmp_path: Path) -> None:
    assert read_card(tmp_path) is None
    (tmp_path / "card.json").write_text("{")
    with pytest.raises(ModelError, match=r"card\.json"):
        read_card(tmp_path)


def test_coverage_gaps_and_rejects_are_told(filled: Path, show: Callable) -> None:
    page = show("status")
    text = _text(page.html)
    assert "1 record could not be read" in text
    assert "has no title" in text
    assert "gaps, and the command that closes each" in text
    assert "landscape harvest acl_anthology --venue acl-2023" in text
    assert "never harvested" in text


def test_a_harvest_is_asked_for_once_and_taken_back(filled: Path, show: Callable) -> None:
    page = show("status")
    assert "Nobody has asked for a harvest yet" in page.html
    page.app.multiselect(key="harvest_sources").set_value(["arxiv"]).run()
    page.app.button(key="harvest_now").click().run()
    assert "Asked for." in page.html
    assert 'ls-state-waiting">waiting' in page.html
    page.app.button(key="harvest_now").click().run()
    assert page.html.count('ls-state-waiting">waiting') == 1
    page.app.button(key="harvest_cancel_1").click().run()
    assert "Request taken back." in page.html
    assert 'ls-state-cancelled">cancelled' in page.html
    assert not [button for button in page.app.button if button.key == "harvest_cancel_1"]


def test_what_became_of_a_request_is_shown(filled: Path, show: Callable) -> None:
    store = open_store(f"sqlite:///{filled}")
    with store.write() as session:
        wish = request_harvest(session, by="<b>ada</b>", at=NOW)
        take_requests(session, by="a worker", at=NOW)
        finish_request(session, wish.id, state="partial", reason="pmlr: HTTP 503", at=NOW)
    store.dispose()
    page = show("status")
    assert 'ls-state-partial">partial' in page.html
    assert "pmlr: HTTP 503" in page.html
    assert "&lt;b&gt;ada&lt;/b&gt;" in page.html
    assert "all enabled sources" in page.html


def test_writing_is_off_where_the_reader_may_not_write(
    filled: Path, show: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("views.widgets.harvest_now.may_write", lambda: False)
    page = show("status")
    assert not page.app.button
    assert "Nobody has asked for a harvest yet" in page.html
