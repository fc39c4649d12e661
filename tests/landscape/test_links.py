"""State to query and back."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape.links import LandscapeState, from_query, permalink, to_query
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy

TEXT = st.text(min_size=1, max_size=40).filter(lambda text: text == text.strip() and text.isprintable())
YEARS = st.none() | st.integers(1900, 2200)
STATES = st.builds(
    LandscapeState,
    cell=st.none() | st.sampled_from(load_taxonomy().cells),
    topic=st.none() | st.sampled_from(sorted(load_taxonomy().topic_by_id)),
    paper=st.none() | st.sampled_from(["arxiv:2301.00001", "doi:10.1/a?b&c=d#e", "acl:2023.acl-long.1"]),
    filter=st.builds(
        LandscapeFilter,
        venues=st.lists(TEXT, max_size=4, unique=True).map(tuple),
        sources=st.lists(TEXT, max_size=4, unique=True).map(tuple),
        year_from=YEARS,
        year_until=YEARS,
        minimum_score=st.floats(0, 1),
        words=st.just("") | TEXT,
    ),
    colour_by=st.sampled_from(["count", "share", "growth"]),
    sort=st.sampled_from(["score", "date", "title"]),
    page=st.integers(1, 100_000),
    as_of=st.none() | st.dates(min_value=date(1990, 1, 1)),
)


@given(state=STATES)
@settings(max_examples=200, deadline=None)
def test_every_state_survives_its_link(state: LandscapeState) -> None:
    assert from_query(parse_qs(to_query(state))) == state


@given(
    query=st.dictionaries(
        st.sampled_from(
            [
                "cell",
                "topic",
                "paper",
                "q",
                "venue",
                "from",
                "until",
                "score",
                "colour",
                "sort",
                "page",
                "as-of",
            ]
        )
        | st.text(max_size=5),
        st.text(max_size=400) | st.lists(st.text(max_size=20), max_size=60),
    )
)
@settings(max_examples=200, deadline=None)
def test_nonsense_is_read_as_some_state_that_has_a_link(query: dict[str, str | list[str]]) -> None:
    state = from_query(query)
    assert from_query(parse_qs(to_query(state))) == state


def test_default_state_has_an_empty_query() -> None:
    assert to_query(LandscapeState()) == ""
    assert from_query({}) == LandscapeState()


def test_link_can_be_read_by_people() -> None:
    state = LandscapeState(
        topic="training/model/peft", filter=LandscapeFilter(venues=("ACL",), year_from=2023)
    )
    assert to_query(state) == "topic=training/model/peft&venue=ACL&from=2023"


@pytest.mark.parametrize(
    "query",
    [
        {"cell": "training/data/synthetic"},
        {"cell": "../../etc"},
        {"topic": "training/data"},
        {"paper": "no id"},
        {"from": "12e3"},
        {"from": "-2020"},
        {"until": "٢٠٢٠"},
        {"score": "nan"},
        {"score": "inf"},
        {"score": "-1"},
        {"page": "0"},
        {"page": "1" * 5000},
        {"as-of": "2026-02-30"},
        {"as-of": "20260101"},
        {"colour": "red"},
        {"sort": "random"},
        {"q": "a" * 301},
        {"q": "a\x00b"},
        {"venue": ""},
        {"unknown": "x"},
    ],
)
def test_what_makes_no_sense_is_ignored(query: dict[str, str]) -> None:
    assert from_query(query) == LandscapeState()


def test_permalink_replaces_the_page_s_own_query() -> None:
    state = LandscapeState(cell="training/data", filter=LandscapeFilter(words="a b&c"))
    link = permalink("https://example.org/map?old=1#top", state)
    assert link == "https://example.org/map?cell=training/data&q=a+b%26c"
    assert from_query(parse_qs(urlsplit(link).query)) == state
