"""Pages of a list."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as numbers
from lxml import html as parser

from views.widgets.paper_list import n_pages, page_links, page_numbers


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (25, 1), (26, 2), (51, 3)])
def test_papers_fill_pages_of_25(total: int, pages: int) -> None:
    assert n_pages(total) == pages


def test_gaps_stand_for_more_than_one_page() -> None:
    assert page_numbers(1, 3) == [1, 2, 3]
    assert page_numbers(4, 7) == [1, 2, 3, 4, 5, 6, 7]
    assert page_numbers(10, 20) == [1, None, 9, 10, 11, None, 20]


@settings(max_examples=50, deadline=None)
@given(numbers.integers(1, 500), numbers.integers(1, 500))
def test_pages_rise_and_hold_first_last_and_current(current: int, last: int) -> None:
    current = min(current, last)
    shown = [n for n in page_numbers(current, last) if n is not None]
    assert shown == sorted(set(shown))
    assert {1, current, last} <= set(shown)


def test_links_name_where_one_is() -> None:
    nav = parser.fromstring(page_links(2, 60, lambda n: f"?page={n}"))
    assert [a.get("href") for a in nav.iter("a")] == ["?page=1", "?page=1", "?page=2", "?page=3", "?page=3"]
    assert [a.text for a in nav.iter("a") if a.get("aria-current") == "page"] == ["2"]
    assert page_links(1, 25, str) == ""
