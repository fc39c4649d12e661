"""The list of all papers, and one paper whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

HOSTILE_ID = "arxiv:2401.00036"
HOSTILE_HTML = (
    "$x^2$ _a_ *b* [x](javascript:alert(1)) &lt;script&gt;alert(1)&lt;/script&gt;"
    " &lt;img src=x onerror=alert(1)&gt; :smile: ~~s~~ `c` &amp; co"
)


def test_list_holds_every_paper_also_those_off_the_landscape(filled: Path, show: Callable) -> None:
    html = show("papers").html
    assert "1–25 of 40" in html
    rest = show("papers", page="2").html
    assert rest.count("<article") == 15
    assert "Not about pre-trained language models" in rest
    assert "Not classified yet" in rest


def test_list_can_be_narrowed_and_ordered(filled: Path, show: Callable) -> None:
    html = show("papers", q="adapters", sort="title").html
    assert html.count("<article") == 5
    assert 'data-focus="sort-title" href="?q=adapters&amp;sort=title" aria-current="true"' in html


def test_paper_says_everything_that_is_known(filled: Path, show: Callable) -> None:
    html = show("papers", paper="arxiv:2401.00001").html
    text = re.sub(r"<[^>]+>", " ", html)
    for part in (
        "Retrieval of invented facts, part 1",
        "Author A, Author B, Author C, Author D, Author E, Author F, Author G",
        "2 January 2024",
        "We invent things.",
        "Evidence for Retrieval of invented facts, part 1",
        "in force",
        "invented-model abababababab",
        "20 November 2026, 12:00",
        "Inference Pipeline × Context 89 %",
        "Source records",
    ):
        assert part in text
    assert 'href="https://arxiv.org/abs/2401.00001"' in html
    assert 'href="?">‹ Back to the list</a>' in html


def test_paper_opened_from_a_list_leads_back_to_it(filled: Path, show: Callable) -> None:
    html = show("landscape", topic="inference/context/rag", page="2", paper="arxiv:2401.00030").html
    assert 'href="?topic=inference/context/rag&amp;page=2">‹ Back to the list' in html
    assert "ls-grid" not in html


def test_paper_without_label_says_so(filled: Path, show: Callable) -> None:
    html = show("papers", paper="arxiv:2401.00040").html
    assert "Not classified yet" in html
    assert "No one has placed this paper yet." in html


def test_unknown_paper_says_what_may_bring_it(filled: Path, show: Callable) -> None:
    page = show("papers", paper="arxiv:9999.99999")
    assert "No paper in the store has this id" in page.html
    assert "arxiv:9999.99999" in page.html


def test_text_of_papers_stays_text(filled: Path, show: Callable) -> None:
    for page in (
        show("papers", paper=HOSTILE_ID),
        show("landscape", topic="inference/context/rag"),
        show("papers", q="x onerror", venue="<b>V</b> $v$"),
    ):
        assert f"<bdi>{HOSTILE_HTML}</bdi>" in page.html
        assert "<script" not in page.html
        assert "<img" not in page.html
        assert "<b>V" not in page.html
        addresses = re.findall(r'href="([^"]*)"', page.html)
        known = ("?", "./?", "knowledge?", "trends?", "#papers", "https://")
        assert all(address.startswith(known) for address in addresses)
        # Markdown would read it; nothing of a paper may reach an element that understands it.
        assert not page.app.markdown


def test_empty_store_says_what_to_do(show: Callable) -> None:
    page = show("papers")
    assert "No papers here" in page.html
    assert "<code>landscape harvest</code>" in page.html
