"""Lists that this project exports come back as they left: title, authors, year, venue, ids."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from export.bibtex import papers_bibtex
from export.csl import papers_csl
from export.json_ import papers_json
from export.ris import papers_ris
from harvester.files import read_import_file
from landscape.types import PaperRow
from papers.ids import title_id
from papers.text import clean_text

EXPORTS = {
    "list.bib": papers_bibtex,
    "list.ris": papers_ris,
    "list.json": papers_csl,
    "rows.json": papers_json,
}


def _paper(**changes: object) -> PaperRow:
    fields: dict[str, object] = {
        "title": "Counting Sheep with Transformers",
        "authors": ("Ada Example", "Grace van der Sample"),
        "year": 2023,
        "published": date(2023, 1, 2),
        "venue": "ACL",
        "ids": {"arxiv": "2301.00001", "doi": "10.1234/sheep.1"},
        "url": "https://arxiv.org/abs/2301.00001",
        "cell": "training/model",
        "cells": ("training/model",),
        "topics": ("training/model/peft",),
        "score": 0.875,
        "verdict": "labelled",
        "method": "model",
        "evidence": "",
    }
    fields |= changes
    fields["id"] = ":".join(next(iter(fields["ids"].items())))  # type: ignore[attr-defined]
    return PaperRow(**fields)  # type: ignore[arg-type]


def _again(folder: Path, name: str, papers: list[PaperRow]) -> list[tuple[object, ...]]:
    path = folder / name
    path.write_bytes(EXPORTS[name](papers))
    reader, pages = read_import_file(path)
    parsed = [reader.parse(page) for page in pages]
    assert [reject.reason for page in parsed for reject in page.rejects] == []
    return [
        (
            draft.title,
            tuple(author.name for author in draft.authors),
            draft.year,
            draft.venue,
            {each.scheme: each.value for each in draft.external_ids},
        )
        for page in parsed
        for draft in (record.draft for record in page.records)
    ]


def _told(paper: PaperRow) -> tuple[object, ...]:
    return (paper.title, paper.authors, paper.year, paper.venue, paper.ids)


@pytest.mark.parametrize("name", EXPORTS)
def test_a_list_comes_back(tmp_path, name):
    papers = [
        _paper(),
        _paper(
            title=r"100% of {Cost}: $5 & \alpha_i < #1 ~ x^2 | «é» -- ``q''", authors=("Plato",), venue="TACL"
        ),
        _paper(
            ids={"acl": "2023.acl-long.1", "doi": "10.18653/v1/2023.acl-long.1"},
            url="https://aclanthology.org/2023.acl-long.1/",
            authors=("Ada Example Jr.", "Ludwig van der Sample III", "Team And Others Lab", "李 明"),
            venue="Findings",
        ),
        _paper(
            ids={"openreview": "rJl-b3RcF7"}, url="https://openreview.net/forum?id=rJl-b3RcF7", venue="ICLR"
        ),
        _paper(
            ids={"url": "https://example.org/x"}, url="https://example.org/x", authors=(), venue="Tea Days"
        ),
        _paper(
            title="Tea That Nobody Numbered",
            ids={"title": title_id("Tea That Nobody Numbered", "Example", 2023).value},
            url=None,
        ),
        _paper(ids={"arxiv": "hep-th/9901001"}, url=None, year=None, published=None, venue=None),
    ]
    assert _again(tmp_path, name, papers) == [_told(paper) for paper in papers]


def test_only_json_holds_every_id(tmp_path):
    """The other formats have a place for arXiv, DOI and one address; what else there is stays behind."""
    paper = _paper(ids={"arxiv": "2301.00001", "acl": "2023.acl-long.1", "openreview": "rJl-b3RcF7"})
    assert _again(tmp_path, "rows.json", [paper])[0][4] == paper.ids
    for name in ("list.bib", "list.ris", "list.json"):
        assert _again(tmp_path, name, [paper])[0][4] == {"arxiv": "2301.00001"}


TEXT = (
    (
        st.text(
            st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Cf", "Zl", "Zp")),
            min_size=1,
            max_size=40,
        )
        | st.text("ab {}\\$&%#_~^<>|-`'\",.@=", min_size=1, max_size=30)
    )
    .map(clean_text)
    .filter(lambda text: any(map(str.isalnum, text)))
)
NAME = st.lists(st.from_regex(r"[A-Z][a-zé]{1,8}|van|de", fullmatch=True), min_size=1, max_size=4).map(
    " ".join
)


@given(TEXT, st.lists(NAME, max_size=4))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", EXPORTS)
def test_any_title_and_names_come_back(tmp_path, name, title, authors):
    paper = _paper(title=title, authors=tuple(authors))
    assert _again(tmp_path, name, [paper]) == [_told(paper)]
