"""A small real store behind the API: papers on several cells, some with hostile text."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import pytest

from db.engine import Store, open_store
from taxonomy.loader import load_taxonomy

TESTS = Path(__file__).resolve().parents[1]
EARLY = datetime(2026, 1, 5, tzinfo=UTC)


def _builders() -> ModuleType:
    """The store builder of tests/landscape, loaded once: the tests are no package."""
    name = "tests_landscape_conftest"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, TESTS / "landscape" / "conftest.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Twelve papers: a topic each, one off the subject, one without a label, one hostile."""
    opened = open_store(f"sqlite:///{tmp_path / 'landscape.db'}")
    builder = _builders().StoreBuilder(opened)
    for index, topic in enumerate(load_taxonomy().topics[:9]):
        paper = builder.paper(
            f"Counting sheep the {index}th way",
            published=date(2024, 1 + index, 3),
            venue="ACL" if index % 2 else "ICML",
            first_seen=EARLY,
            url=f"https://example.org/{index}",
        )
        evidence = [{"text": f"We count sheep number {index}.", "cell": topic.cell, "weight": 1.5}]
        builder.label(paper, topic.cell, topics=[topic.id], at=EARLY, evidence=evidence)
        builder.record(paper, "arxiv", f"2401.0000{index}")
    builder.label(builder.paper("Bandits in the field", first_seen=EARLY), at=EARLY)
    builder.paper("A paper that no one labelled", first_seen=EARLY)
    topic = load_taxonomy().topics[0]
    hostile = builder.paper(
        "</script><script>alert(1)</script> \x07 =cmd|' /C calc'!A0 نماذج",
        published=None,
        year=2025,
        url="javascript:alert(1)",
        abstract="A\x00B \u202e sheep",
        ids=(("doi", "10.1/x(y)<z>;a"),),
    )
    builder.label(hostile, topic.cell, topics=[topic.id])
    yield opened
    opened.dispose()
