"""HTML from templates: everything escaped, only web pages become links."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as texts
from lxml import html as parser

from views.widgets.markup import number, percent, plural, render, short_authors


@settings(max_examples=60, deadline=None)
@given(texts.text(alphabet=texts.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    root = parser.fromstring(render("hint.html", text=text))
    assert root.text == text
    assert len(root) == 0


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/a?b=1&c=2", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("https://a b", False),
        (None, False),
    ],
)
def test_only_web_pages_become_links(url: str | None, link: bool) -> None:
    row = {
        "title": "T", "url": url, "href": "?paper=x", "authors": (), "venue": None, "year": None,
        "evidence": "", "method": "none", "placed": "", "score": None, "places": [],
    }  # fmt: skip
    (first, *_) = parser.fromstring(render("paper_list.html", start=1, rows=[row])).iter("a")
    assert first.get("href") == (url if link else "?paper=x")
    assert first.get("target") == ("_blank" if link else None)


def test_numbers_and_names_as_readers_write_them() -> None:
    assert number(12345) == "12,345"
    assert plural(1) == "1 paper"
    assert plural(0) == "0 papers"
    assert percent(0.004) == "0.4 %"
    assert percent(0.875) == "88 %"
    assert short_authors(["A"] * 5) == "A, A, A, A, A"
    assert short_authors(["A"] * 7) == "A, A, A, A, A and 2 more"
