from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from export.csl import papers_csl
from export.ris import papers_ris
from landscape.types import PaperRow


def parse_ris(content: bytes) -> list[list[tuple[str, str]]]:
    """A strict reader: every line is empty or `TG  - value`, from TY to ER."""
    records: list[list[tuple[str, str]]] = []
    for line in content.decode("utf-8").split("\r\n"):
        if not line:
            continue
        match = re.fullmatch(r"([A-Z][A-Z0-9])  - (.*)", line)
        assert match, line
        if match[1] == "TY":
            records.append([])
        records[-1].append((match[1], match[2]))
    assert all(record[0][0] == "TY" and record[-1] == ("ER", "") for record in records)
    return records


def test_a_ris_record_whole(make_paper: Any) -> None:
    (record,) = parse_ris(papers_ris([make_paper()]))
    assert record == [
        ("TY", "CPAPER"),
        ("ID", "example2023counting"),
        ("TI", "Counting Sheep with Transformers"),
        ("AU", "Example, Ada"),
        ("AU", "van der Sample, Grace"),
        ("PY", "2023"),
        ("DA", "2023/01/02"),
        ("T2", "ACL"),
        ("DO", "10.1234/sheep.1"),
        ("AN", "arXiv:2301.00001"),
        ("UR", "https://arxiv.org/abs/2301.00001"),
        ("KW", "training/model/peft"),
        ("ER", ""),
    ]
    assert papers_ris([]) == b""


def test_a_csl_item_whole(make_paper: Any) -> None:
    (item,) = json.loads(papers_csl([make_paper()]))
    assert item == {
        "id": "example2023counting",
        "type": "paper-conference",
        "title": "Counting Sheep with Transformers",
        "author": [
            {"family": "Example", "given": "Ada"},
            {"family": "van der Sample", "given": "Grace"},
        ],
        "issued": {"date-parts": [[2023, 1, 2]]},
        "container-title": "ACL",
        "DOI": "10.1234/sheep.1",
        "URL": "https://arxiv.org/abs/2301.00001",
        "keyword": "training/model/peft",
        "archive": "arXiv",
        "archive_location": "2301.00001",
    }
    assert json.loads(papers_csl([])) == []


def test_csl_of_a_bare_paper_leaves_out_what_is_unknown(make_paper: Any) -> None:
    paper = make_paper(
        authors=("OpenTeam",), year=None, published=None, venue=None, ids={}, url=None, cells=(), topics=()
    )
    (item,) = json.loads(papers_csl([paper]))
    assert set(item) == {"id", "type", "title", "author"}
    assert item["author"] == [{"literal": "OpenTeam"}]
    assert item["type"] == "article"


@settings(max_examples=150)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_no_text_breaks_out_of_its_field(text: str) -> None:
    paper = PaperRow(
        id="arxiv:1",
        title=text,
        authors=(text, f"{text}\r\nTY  - JOUR"),
        year=2023,
        published=None,
        venue=text,
        ids={"doi": f"{text}\nER  - ", "arxiv": text},
        url=text,
        cell=None,
        cells=(),
        topics=(f"{text}\x85UR  - javascript:x",),
        score=None,
        verdict=None,
        method=None,
        evidence="",
    )
    records = parse_ris(papers_ris([paper, paper]))
    assert len(records) == 2
    assert all(not value.startswith("javascript") for tag, value in records[0] if tag == "UR")
    assert len(json.loads(papers_csl([paper, paper]))) == 2
