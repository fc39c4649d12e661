"""The tables of docs/adaptation.md are those that the data give."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "adaptation.md"


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "adaptation_tables", ROOT / "scripts" / "adaptation_tables.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_current(tables: ModuleType) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert tables.current(page) == page, "run: python scripts/adaptation_tables.py"


def test_a_stale_table_is_made_anew(tables: ModuleType) -> None:
    page = PAGE.read_text(encoding="utf-8")
    stale = page.replace("| S01 | slide |", "| S01 | elsewhere |")
    assert stale != page
    assert tables.current(stale) == page


def test_the_page_holds_every_table_and_eighty_statements(tables: ModuleType) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- table: ([a-z-]+) -->", page)) == set(tables.TABLES)
    assert len(re.findall(r"^\| S\d+ \|", page, re.M)) >= 80
    assert len(re.findall(r"\| (?:agrees|differs: [^|]+) \|$", page, re.M)) == 12
