from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from export.bibtex import latex_text, papers_bibtex
from export.text_safety import safe_text
from landscape.types import PaperRow

ALLOWED = {
    *("textbackslash", "textbraceleft", "textbraceright", "textasciitilde", "textasciicircum"),
    *("textless", "textgreater", "textbar", "$", "&", "%", "#", "_"),
}


def parse_bibtex(text: str) -> list[dict[str, str]]:
    """A strict reader of entries with braced values: BibTeX's own rule, every brace counts."""
    entries: list[dict[str, str]] = []
    position = 0
    while match := re.compile(r"\s*@(\w+)\{([^,\s{}]+),").match(text, position):
        entry = {"ENTRYTYPE": match[1], "ID": match[2]}
        position = match.end()
        while field := re.compile(r"\s*(\w+) = (?:(\w+)|(?=\{))").match(text, position):
            position = field.end()
            if field[2] is not None:
                value = field[2]
            else:
                depth, start = 0, position
                while True:
                    depth += {"{": 1, "}": -1}.get(text[position], 0)
                    position += 1
                    if depth == 0:
                        break
                value = text[start + 1 : position - 1]
            assert field[1] not in entry
            entry[field[1]] = value
            assert text[position] == ","
            position += 1
        end = re.compile(r"\s*\}\n?").match(text, position)
        assert end, text[position : position + 60]
        position = end.end()
        entries.append(entry)
    assert not text[position:].strip()
    return entries


def as_text(latex: str) -> str:
    """What LaTeX would set: pylatexenc, taught the kernel's names that it lacks or turns into accents."""
    context = get_default_latex_context_db()
    context.add_context_category(
        "kernel",
        prepend=True,
        macros=[
            MacroTextSpec("textbraceleft", "{"),
            MacroTextSpec("textbraceright", "}"),
            MacroTextSpec("textless", "<"),
            MacroTextSpec("textgreater", ">"),
            MacroTextSpec("textbar", "|"),
            MacroTextSpec("textasciicircum", "^"),
            MacroTextSpec("textasciitilde", "~"),
        ],
    )
    reader = LatexNodes2Text(latex_context=context, strict_latex_spaces=True, keep_comments=True)
    return reader.latex_to_text(latex)


def test_an_entry_whole(make_paper: Any) -> None:
    assert papers_bibtex([make_paper()]).decode() == (
        "@inproceedings{example2023counting,\n"
        "  title = {{Counting Sheep with Transformers}},\n"
        "  author = {Ada Example and Grace van der Sample},\n"
        "  year = {2023},\n"
        "  month = jan,\n"
        "  booktitle = {ACL},\n"
        "  doi = {10.1234/sheep.1},\n"
        "  eprint = {2301.00001},\n"
        "  archiveprefix = {arXiv},\n"
        "  url = {https://arxiv.org/abs/2301.00001},\n"
        "  keywords = {training/model/peft},\n"
        "}\n"
    )
    assert papers_bibtex([]) == b""


@pytest.mark.parametrize(
    "title",
    [
        r"\input{/etc/passwd}",
        r"\write18{rm -rf /}",
        "Unbalanced } brace",
        "Unbalanced { brace",
        "100% of $5 & #1_a ~ ^ < > |",
        "Trailing backslash \\",
        "@article{evil, title={x}}",
        'Quote " inside',
        "Line\nbreak",
        "Dashes -- and --- ``quotes'' ?` !`",
        "naïve café Ω 深層 😀",
        "%comment",
        "^^5cinput",
    ],
)
def test_hostile_titles_come_back_as_they_were(make_paper: Any, title: str) -> None:
    content = papers_bibtex([make_paper(title=title), make_paper(title="Next")]).decode()
    first, second = parse_bibtex(content)
    assert first["title"].startswith("{")
    assert as_text(first["title"][1:-1]) == safe_text(title)
    assert second["title"] == "{Next}"


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_keeps_the_file_whole(text: str) -> None:
    paper = PaperRow(
        id="arxiv:1",
        title=text,
        authors=(text, "Ada Example", text),
        year=2023,
        published=None,
        venue=text,
        ids={"doi": text, "arxiv": text},
        url=text,
        cell=None,
        cells=(),
        topics=(text,),
        score=None,
        verdict=None,
        method=None,
        evidence="",
    )
    content = papers_bibtex([paper, paper]).decode()
    first, second = parse_bibtex(content)
    assert first["title"] == second["title"]
    assert set(re.findall(r"\\([A-Za-z]+|.)", content)) <= ALLOWED
    assert content.count("{") == content.count("}")


@settings(max_examples=200)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
def test_ascii_is_set_as_it_stands(text: str) -> None:
    assert as_text(latex_text(text)) == text


def test_names_that_bibtex_would_take_apart_are_kept_whole(make_paper: Any) -> None:
    names = ("Research and Development Team", "Example, Inc.", "others", "Anderson Andover")
    (entry,) = parse_bibtex(papers_bibtex([make_paper(authors=names)]).decode())
    assert entry["author"] == (
        "{Research and Development Team} and {Example, Inc.} and {others} and Anderson Andover"
    )


def test_only_http_links_are_written(make_paper: Any) -> None:
    assert b"url" not in papers_bibtex([make_paper(url="javascript:alert(1)")])


def test_1000_papers_have_1000_keys(make_paper: Any) -> None:
    entries = parse_bibtex(papers_bibtex([make_paper() for _ in range(1000)]).decode())
    assert len({entry["ID"].lower() for entry in entries}) == 1000
