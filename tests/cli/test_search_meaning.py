"""`landscape search --meaning` from an import, with the embedder that ships."""

import json
from pathlib import Path

COLLECTION = Path(__file__).resolve().parents[1] / "fixtures" / "acl_anthology" / "present.response.xml"


def test_meaning_finds_other_words_for_the_same_once_vectors_are_filled_in(landscape) -> None:
    landscape("import", COLLECTION)
    early = landscape("search", "--meaning", "hot drinks")
    assert early.code == 2
    assert "landscape classify --vectors all" in early.err
    outcome = json.loads(landscape("classify", "--json", "--vectors", "all").out)
    assert outcome["vectors"]["left"] == 0
    assert outcome["vectors"]["papers"] > 0
    rows = json.loads(landscape("search", "--meaning", "hot drinks", "--json").out)
    assert len(rows) == outcome["vectors"]["papers"]
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert all(-1 <= score <= 1 for score in scores)
    again = json.loads(landscape("classify", "--json").out)
    assert (again["papers"], again["vectors"]["papers"]) == (0, 0)
    assert json.loads(landscape("classify", "--json", "--vectors", "none").out)["vectors"] is None
