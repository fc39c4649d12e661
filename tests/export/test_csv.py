from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.csv_ import COLUMNS, papers_csv, protect_formula, unprotect_formula


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))


def test_a_list_of_papers_comes_back(make_paper: Any) -> None:
    title = 'A "quoted", comma; and\nnewline – naïve 深層'
    content = papers_csv([make_paper(title=title), make_paper(id="doi:10.1/x", year=None, published=None)])
    first, second = rows_of(content)
    assert tuple(first) == COLUMNS
    assert first["title"] == 'A "quoted", comma; and newline – naïve 深層'
    assert first["authors"] == "Ada Example; Grace van der Sample"
    assert first["ids"] == "arxiv:2301.00001; doi:10.1234/sheep.1"
    assert first["score"] == "0.8750"
    assert (second["id"], second["year"], second["published"]) == ("doi:10.1/x", "", "")
    assert content.startswith(b"id,title,authors,year")
    assert content.count(b"\r\n") == 3
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_no_papers_give_the_head_line_alone() -> None:
    assert papers_csv([]) == (",".join(COLUMNS) + "\r\n").encode()


FORMULAS = (
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    '"=1',
    "'=1",
    "' =cmd|' /C calc'!A0",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "\u00a0=1",
    "-2.5 improvements",
    "|x",
    "%0A=1",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_shown_not_run(make_paper: Any, text: str) -> None:
    paper = make_paper(
        id=text, title=text, authors=(text,), venue=text, evidence=text, topics=(text,), ids={text: text}
    )
    (row,) = rows_of(papers_csv([paper]))
    for column in ("id", "title", "authors", "venue", "evidence", "topics", "ids"):
        assert row[column].startswith("'"), column
    assert unprotect_formula(protect_formula(text)) == text


def test_ordinary_text_is_left_alone(make_paper: Any) -> None:
    for text in ("A title", "3 ways", "'Tis but a scratch", "“Quoted” first", "x=1", "a-b", "(+1)", ""):
        assert protect_formula(text) == text


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=30), st.text("'\" =+-@\t\n＝a1", max_size=8)))
def test_protection_can_be_taken_off_again(text: str) -> None:
    assert unprotect_formula(protect_formula(text)) == text
    shown = protect_formula(text).lstrip(' "')
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_title_keeps_the_table_whole(text: str) -> None:
    from landscape.types import PaperRow

    paper = PaperRow(
        id="arxiv:1",
        title=text,
        authors=(text, text),
        year=2023,
        published=None,
        venue=text,
        ids={"arxiv": text},
        url=text,
        cell=None,
        cells=(),
        topics=(),
        score=None,
        verdict=None,
        method=None,
        evidence=text,
    )
    rows = rows_of(papers_csv([paper, paper]))
    assert len(rows) == 2
    assert all(set(row) == set(COLUMNS) and None not in row.values() for row in rows)


def test_only_http_links_are_written(make_paper: Any) -> None:
    for url in ("javascript:alert(1)", "file:///x", "//x", None, "https://a.example/\nx"):
        (row,) = rows_of(papers_csv([make_paper(url=url)]))
        assert row["url"] == ""
