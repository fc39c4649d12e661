from __future__ import annotations

import json
from typing import Any

from export.json_ import landscape_json, papers_json
from landscape.types import LandscapeSnapshot
from taxonomy.loader import load_taxonomy


def test_the_shape_that_scripts_read(snapshot: LandscapeSnapshot) -> None:
    data = json.loads(landscape_json(snapshot))
    assert data["as_of"] == "2026-11-20T18:30:00+00:00"
    assert (data["taxonomy_version"], data["papers"], data["relevant"]) == (
        "1.0",
        snapshot.papers,
        snapshot.relevant,
    )
    cells = [f"{cell['pipeline']}/{cell['component']}" for cell in data["cells"]]
    assert cells == list(load_taxonomy().cells)
    rag = next(
        topic for cell in data["cells"] for topic in cell["topics"] if topic["id"] == "inference/context/rag"
    )
    assert rag["label"] == "RAG*"
    assert rag["n_papers"] == snapshot.topic("inference/context/rag").n_papers
    assert sum(len(cell["topics"]) for cell in data["cells"]) == 44
    assert sum(cell["n_papers"] for cell in data["cells"]) == data["relevant"]


def test_an_empty_landscape_has_18_cells(empty_snapshot: LandscapeSnapshot) -> None:
    data = json.loads(landscape_json(empty_snapshot))
    assert len(data["cells"]) == 18
    assert all(cell["n_papers"] == 0 for cell in data["cells"])
    assert (data["papers"], data["classifier"]) == (0, None)


def test_the_same_landscape_gives_the_same_bytes(snapshot: LandscapeSnapshot) -> None:
    assert landscape_json(snapshot) == landscape_json(snapshot)
    assert landscape_json(snapshot).endswith(b"}\n")


def test_papers_are_one_array_of_valid_text(make_paper: Any) -> None:
    papers = json.loads(papers_json([make_paper(), make_paper(title="lone \ud800 \x00", url="data:x")]))
    assert set(papers[0]) >= {
        "id",
        "title",
        "authors",
        "year",
        "venue",
        "ids",
        "url",
        "cell",
        "topics",
        "score",
    }
    assert papers[0]["authors"] == ["Ada Example", "Grace van der Sample"]
    assert (papers[1]["title"], papers[1]["url"]) == ("lone \ufffd", None)
    assert json.loads(papers_json([])) == []
