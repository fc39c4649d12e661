"""Reading lists are written by hand, each in its own way."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import LandscapeError, RefusedInputError
from harvester.reading_list import parse_reading_list


def _one(line: str):
    listed = parse_reading_list(f"# List\n## Part\n{line}\n")
    assert not listed.unread
    (paper,) = listed.papers
    return paper


TITLE = "An Invented Title of Adapters"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("- [{}](https://arxiv.org/abs/2301.00001)", "arxiv:2301.00001"),
        ("* **{}**. Doe et al. [[paper]](https://arxiv.org/pdf/2301.00001v2.pdf)", "arxiv:2301.00001"),
        ('1. (2023.05) "{}" *ACL* [pdf](https://aclanthology.org/2023.acl-long.1/)', "acl:2023.acl-long.1"),
        ("| {} | ACL | [Paper](https://arxiv.org/abs/2301.00001) |", "arxiv:2301.00001"),
        ("- {} [![x](https://img.example/b.svg)](y) https://arxiv.org/abs/2301.00001", "arxiv:2301.00001"),
        ("- [{}](https://arxiv.org/abs/2301.00001) [[code](https://github.com/a/b)]", "arxiv:2301.00001"),
    ],
)
def test_ways_of_writing_a_paper(line: str, key: str) -> None:
    paper = _one(line.format(TITLE))
    assert paper.title == TITLE
    assert paper.ids[0].key == key
    assert paper.headings == ("List", "Part")


def test_headings_nest_and_close() -> None:
    listed = parse_reading_list(
        "# A\n## B\n### C\n- [First Invented Title](https://arxiv.org/abs/2301.00001)\n"
        "## D\n- [Second Invented Title](https://arxiv.org/abs/2301.00002)\n"
    )
    assert [paper.headings for paper in listed.papers] == [("A", "B", "C"), ("A", "D")]


def test_a_paper_without_a_title_is_listed_and_not_dropped() -> None:
    listed = parse_reading_list("- [paper](https://arxiv.org/abs/2301.00001)\n")
    assert not listed.papers
    assert listed.unread[0].line == 1


def test_code_blocks_and_other_links_are_no_papers() -> None:
    listed = parse_reading_list(
        "```\n- [Not a Paper at All](https://arxiv.org/abs/2301.00001)\n```\n- [A blog of sorts](https://example.org)\n"
    )
    assert not listed.papers
    assert not listed.unread


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(RefusedInputError):
        parse_reading_list("a\x00b")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="#-*[]()|`<>\"' \nabchttps://arxiv.org/abs/2301.0:", max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(LandscapeError):
        parse_reading_list(text)
