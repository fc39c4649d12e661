from pathlib import Path

import pytest

from db.engine import open_store
from foundation.errors import RefusedInputError
from landscape.reading import list_papers
from taxonomy.loader import load_taxonomy
from workflow.reading_list import import_reading_list

LIST = """# Invented list
## Low rank things
- [First Invented Title of Adapters](https://arxiv.org/abs/2301.00001)
- [Second Invented Title of Adapters](https://arxiv.org/abs/2301.00002)
## Something else
- [Third Invented Title](https://arxiv.org/abs/2301.00003)
- [paper](https://arxiv.org/abs/2301.00004)
"""
MAP = "- {heading: 'low rank|LoRA', cell: training/model, topic: training/model/peft}\n"


@pytest.fixture
def store(tmp_path: Path):
    opened = open_store(f"sqlite:///{tmp_path / 'x.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    listed, mapped = tmp_path / "list.md", tmp_path / "map.yaml"
    listed.write_text(LIST, encoding="utf-8")
    mapped.write_text(MAP, encoding="utf-8")
    return listed, mapped


def test_papers_are_placed_by_their_headings(store, files) -> None:
    report = import_reading_list(store, *files)
    assert (report.placed, report.ingest.new, report.ingest.rejected) == (2, 3, 1)
    assert report.unplaced == (("Invented list › Something else", 1),)
    with store.read() as session:
        page = list_papers(session, load_taxonomy(), topic="training/model/peft")
    assert {row.id for row in page.rows} == {"arxiv:2301.00001", "arxiv:2301.00002"}
    assert {row.method for row in page.rows} == {"library"}
    assert "Low rank things" in page.rows[0].evidence


def test_the_same_list_again_changes_nothing(store, files) -> None:
    import_reading_list(store, *files)
    again = import_reading_list(store, *files)
    assert (again.ingest.new, again.ingest.updated, again.ingest.unchanged) == (0, 0, 3)
    with store.read() as session:
        assert list_papers(session, load_taxonomy(), topic="training/model/peft").total == 2


@pytest.mark.parametrize(
    ("mapping", "named"),
    [
        ("- {heading: '(', cell: training/model}", "regular expression"),
        ("- {heading: x, cell: training/nothing}", "no cell"),
        ("- {heading: x, cell: training/model, topic: training/model/nothing}", "no topic"),
        ("- {heading: x, cell: training/data, topic: training/model/peft}", "hangs not in"),
        ("- {heading: x, cell: training/model, colour: red}", "colour|Extra"),
        ("- 3", "mapping file"),
        ("7", "mapping file"),
    ],
)
def test_each_fault_of_a_map_is_named(store, files, mapping: str, named: str) -> None:
    listed, mapped = files
    mapped.write_text(mapping, encoding="utf-8")
    with pytest.raises(RefusedInputError, match=named) as caught:
        import_reading_list(store, listed, mapped)
    assert "\n" not in str(caught.value)


def test_a_list_without_papers_is_refused(store, files) -> None:
    listed, mapped = files
    listed.write_text("# Nothing here\n", encoding="utf-8")
    with pytest.raises(RefusedInputError, match="no paper"):
        import_reading_list(store, listed, mapped)
