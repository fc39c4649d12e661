"""Sample grids and the file form that the documentation shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from foundation.errors import TaxonomyError
from taxonomy.loader import founding_taxonomy, load_taxonomy_file
from taxonomy.samples import read_grid, sample_names

DOCS = Path(__file__).resolve().parents[2] / "docs" / "taxonomy.md"


def test_the_samples_are_grids_of_their_own() -> None:
    assert sample_names() == ("clinical-nlp", "vision-models")
    for name in sample_names():
        grid = read_grid(name)
        assert grid.grid == name
        assert not grid.is_founding
        assert grid.subject is not None
        assert (len(grid.pipelines), len(grid.components)) != (3, 6)
        assert not set(grid.topic_by_id) & set(founding_taxonomy().topic_by_id)
        assert {topic.cell for topic in grid.topics} <= set(grid.cells)
        rows, columns = len(grid.pipelines), len(grid.components)
        counted = f"`{name}` ({rows} rows, {columns} columns, {len(grid.topics)} topics)"
        assert counted in " ".join(DOCS.read_text(encoding="utf-8").split()), "as the documentation says"


def test_the_file_in_the_documentation_is_a_grid(tmp_path: Path) -> None:
    block = re.search(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    path = tmp_path / "mine.yaml"
    path.write_text(block[1], encoding="utf-8")
    grid = load_taxonomy_file(path)
    assert (grid.grid, grid.cells) == ("my-field", ("serving/method",))
    assert read_grid(str(path)) == grid


def test_a_name_that_is_neither_file_nor_sample_lists_the_samples() -> None:
    with pytest.raises(TaxonomyError, match="clinical-nlp, vision-models"):
        read_grid("nowhere")
