"""The pages on a grid of the reader's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from taxonomy.samples import read_grid, sample_names
from taxonomy.versions import save_version
from views.navigation import page_paths


def test_the_adapt_page_belongs_to_the_founding_grid(home: Path) -> None:
    assert "adapt" in page_paths()
    save_version(read_grid("clinical-nlp"), home)
    assert "adapt" not in page_paths()
    assert {"", "papers", "status"} <= set(page_paths())


@pytest.mark.parametrize("sample", sample_names())
def test_every_page_follows_the_grid(sample: str, home: Path, show: Callable) -> None:
    grid = read_grid(sample)
    save_version(grid, home)
    topic = grid.topics[0]
    for page in ("landscape", "papers", "knowledge", "status", "trends", "moved"):
        shown = show(page)
        assert "Inference Pipeline" not in shown.html, page
    knowledge = show("knowledge", page=topic.id).html
    assert topic.scope_note in knowledge
    assert len(re.findall(r'class="ls-chip" ', show("knowledge").html)) == len(grid.topics)
