"""Every page is drawn while another process holds the store's one write transaction open."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

PAGES = ("landscape", "trends", "moved", "papers", "map", "knowledge", "adaptation", "review", "status")


@pytest.fixture
def written(filled: Path) -> Iterator[Path]:
    """The filled store, with a write transaction that began and does not end."""
    with closing(sqlite3.connect(filled, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE paper SET title = 'half written'")
        yield filled
        writer.execute("ROLLBACK")


@pytest.mark.parametrize("page", PAGES)
def test_page_stands_while_the_store_is_written(written: Path, show: Callable, page: str) -> None:
    html = show(page).html
    assert "half written" not in html
    assert "ls-notice-failure" not in html
    assert "ls-head" in html


def test_a_change_that_finds_the_store_busy_is_refused_in_words(
    written: Path, show: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.engine.BUSY_TIMEOUT_SECONDS", 0.2)
    page = show("status")
    page.app.button(key="harvest_now").click().run()
    assert 'ls-said-failed" role="alert"' in page.html
    assert "Nobody has asked for a harvest yet" in page.html
