"""A store that cannot be opened, a wrong setting: a notice, never a traceback."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

PAGES = ("landscape", "papers", "status")


@pytest.mark.parametrize("page", PAGES)
def test_damaged_store_gives_a_notice(home: Path, show: Callable, page: str) -> None:
    (home / "landscape.db").write_bytes(b"SQLite format 3\x00" + b"\x13" * 4_000)
    shown = show(page)
    assert 'role="alert"' in shown.html
    assert "<code>landscape doctor</code>" in shown.html
    assert "Traceback" not in shown.html


def test_other_program_s_database_is_left_alone(home: Path, show: Callable) -> None:
    file = home / "landscape.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE recipe (name TEXT)")
        other.commit()
    before = file.read_bytes()
    shown = show("landscape")
    assert 'role="alert"' in shown.html
    assert file.read_bytes() == before


def test_wrong_setting_is_named(show: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDSCAPE_CONTAKT", "me@example.org")
    shown = show("landscape")
    assert "contakt" in shown.html
    assert 'role="alert"' in shown.html


def test_password_of_the_store_is_never_shown(show: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDSCAPE_DATABASE_URL", "postgresql+psycopg://me:s3cret@127.0.0.1:1/landscape")
    shown = show("landscape")
    assert 'role="alert"' in shown.html
    assert "s3cret" not in shown.html


def test_folder_that_cannot_be_used_is_named(
    home: Path, show: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("not a folder")
    monkeypatch.setenv("LANDSCAPE_HOME", str(home / "file" / "below"))
    shown = show("landscape")
    assert 'role="alert"' in shown.html
