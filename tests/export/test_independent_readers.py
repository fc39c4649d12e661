"""BibTeX, RIS and CSL-JSON as programs of others read them: the same records come back."""

from __future__ import annotations

import json
from typing import Any

import bibtexparser
import pytest
import rispy
from bibtexparser.customization import convert_to_unicode
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON

from export.bibtex import papers_bibtex
from export.csl import papers_csl
from export.ris import papers_ris
from landscape.types import PaperRow

TITLES = (
    "Counting Sheep with Transformers",
    "100 % of {BERT} & $5: a_b, #1 ~ ^ \\ test",
    "Große Sprachmodelle für Schäfer",
    "深層学習の大規模言語モデル",
    "Quotes “here” and 'there' -- and---dashes",
    "Less < more > less | pipe",
)


@pytest.fixture
def papers(make_paper: Any) -> tuple[PaperRow, ...]:
    venues = ("ACL", "TACL", None, "EMNLP", "arXiv", "JMLR")
    return tuple(
        make_paper(
            id=f"arxiv:2301.{index:05}",
            title=title,
            authors=("Ada Example", "Grace van der Sample", "María José García Márquez", "Consortium")[
                : index + 1
            ],
            venue=venues[index],
            ids={"arxiv": f"2301.{index:05}", "doi": f"10.1234/sheep_{index}"},
            url=f"https://arxiv.org/abs/2301.{index:05}",
        )
        for index, title in enumerate(TITLES)
    )


def test_bibtexparser_reads_every_entry_back(papers: tuple[PaperRow, ...]) -> None:
    parser = bibtexparser.bparser.BibTexParser(common_strings=True, customization=convert_to_unicode)
    entries = parser.parse(papers_bibtex(papers).decode("utf-8")).entries
    assert len(entries) == len(papers)
    assert len({entry["ID"] for entry in entries}) == len(papers)
    for entry, paper in zip(entries, papers, strict=True):
        assert entry["year"] == str(paper.year)
        assert entry["month"].lower().startswith("jan")
        assert entry["eprint"] == paper.ids["arxiv"]
        assert entry["doi"].replace("\\", "") == paper.ids["doi"]
        assert entry["author"].count(" and ") == len(paper.authors) - 1
        assert entry["url"] == paper.url
    plain = [entry["title"].strip("{}") for entry in entries]
    assert plain[0] == TITLES[0]
    assert plain[2] == TITLES[2]
    assert plain[3] == TITLES[3]
    assert [entry["ENTRYTYPE"] for entry in entries] == [
        "inproceedings", "article", "misc", "inproceedings", "misc", "article",
    ]  # fmt: skip


def test_rispy_reads_every_record_back(papers: tuple[PaperRow, ...]) -> None:
    records = rispy.loads(papers_ris(papers).decode("utf-8"))
    assert [record["title"] for record in records] == list(TITLES)
    for record, paper in zip(records, papers, strict=True):
        assert record["year"] == str(paper.year)
        assert record["doi"] == paper.ids["doi"]
        assert record["urls"] == [paper.url]
        assert len(record["authors"]) == len(paper.authors)
        assert record["keywords"] == list(paper.topics)
    assert records[1]["authors"] == ["Example, Ada", "van der Sample, Grace"]
    assert [record["type_of_reference"] for record in records] == [
        "CPAPER",
        "JOUR",
        "UNPB",
        "CPAPER",
        "UNPB",
        "JOUR",
    ]


def test_citeproc_cites_every_item(papers: tuple[PaperRow, ...]) -> None:
    items = json.loads(papers_csl(papers))
    assert [item["title"] for item in items] == list(TITLES)
    source = CiteProcJSON(items)
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, source, formatter.plain)
    for item in items:
        bibliography.register(Citation([CitationItem(item["id"])]))
    written = [str(entry) for entry in bibliography.bibliography()]
    assert len(written) == len(papers)
    text = " ".join(written)
    assert "Example, A" in text
    assert "Counting Sheep with Transformers" in text
    assert "2023" in text
