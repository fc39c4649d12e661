"""The filters: words in sight, the rest behind one button, what is set as removable labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from landscape.types import FilterChoices, LandscapeFilter
from views.address import PageState, go
from views.widgets.markup import percent, render

LEAST_SCORES = (0.0, 0.3, 0.5, 0.7, 0.9)
_WORDS, _VENUES, _SOURCES = "filter_words", "filter_venues", "filter_sources"
_YEARS = "landscape_years"
_FROM, _UNTIL, _SCORE = "filter_year_from", "filter_year_until", "filter_score"


def words_box(state: PageState) -> None:
    """The box for words in title or abstract.

    Args:
        state: What the reader is looking at.
    """
    chosen = state.landscape.filter
    st.session_state[_WORDS] = chosen.words
    st.text_input(
        "Words in title or abstract",
        key=_WORDS,
        placeholder="Search titles and abstracts",
        icon=":material/search:",
        max_chars=200,
        label_visibility="collapsed",
        width=300,
        on_change=lambda: go(state.filtered(replace(chosen, words=str(st.session_state[_WORDS]).strip()))),
    )


def filter_button(state: PageState, choices: FilterChoices) -> None:
    """The button behind which venue, years, source and confidence are chosen.

    Args:
        state: What the reader is looking at.
        choices: What the store has to choose from.
    """
    chosen = state.landscape.filter
    # The address is the truth; what it names is offered even where the store has none of it.
    st.session_state[_VENUES] = list(chosen.venues)
    st.session_state[_SOURCES] = list(chosen.sources)
    st.session_state[_FROM] = chosen.year_from
    st.session_state[_UNTIL] = chosen.year_until
    st.session_state[_SCORE] = chosen.minimum_score

    def read() -> None:
        values = st.session_state
        changed = replace(
            chosen,
            venues=tuple(values[_VENUES]),
            sources=tuple(values[_SOURCES]),
            year_from=values[_FROM],
            year_until=values[_UNTIL],
            minimum_score=float(values[_SCORE]),
        )
        go(state.filtered(changed))

    n_set = len(labels(chosen)) - (1 if chosen.words else 0)
    known = {year for year, _ in choices.years}
    years = sorted({*known, *(y for y in (chosen.year_from, chosen.year_until) if y is not None)})
    with st.popover(f"Filters ({n_set})" if n_set else "Filters", icon=":material/tune:", key="filters"):
        st.multiselect(
            "Venue",
            _with(choices.venues, chosen.venues),
            key=_VENUES,
            placeholder="All venues",
            select_all=False,
            on_change=read,
        )
        first, second = st.columns(2)
        first.selectbox("From year", years, key=_FROM, index=None, placeholder="First", on_change=read)
        second.selectbox("Until year", years, key=_UNTIL, index=None, placeholder="Last", on_change=read)
        st.multiselect(
            "Source",
            _with(choices.sources, chosen.sources),
            key=_SOURCES,
            placeholder="All sources",
            select_all=False,
            on_change=read,
        )
        st.selectbox(
            "Least confidence",
            sorted({*LEAST_SCORES, chosen.minimum_score}),
            key=_SCORE,
            format_func=lambda score: f"At least {percent(score)}" if score else "Any",
            help="Of the classifier, for a paper's first cell. Papers placed by people always count.",
            on_change=read,
        )


def years_slider(state: PageState, choices: FilterChoices) -> None:
    """The slider over years of publication: both ends move, the middle plays through time.

    Args:
        state: What the reader is looking at.
        choices: What the store has to choose from.
    """
    years = _every_year(choices, state.landscape.filter)
    if len(years) < 2:
        return
    chosen = state.landscape.filter
    first, last = years[0], years[-1]
    low, high = chosen.year_from or first, chosen.year_until or last
    st.session_state[_YEARS] = (min(low, high), max(low, high))

    def read() -> None:
        low, high = st.session_state[_YEARS]
        changed = replace(
            chosen, year_from=None if low == first else low, year_until=None if high == last else high
        )
        go(state.filtered(changed))

    with st.container(key="years"):
        st.slider("Years of publication", first, last, key=_YEARS, step=1, format="%d", on_change=read)


def _every_year(choices: FilterChoices, chosen: LandscapeFilter) -> list[int]:
    """Years of the slider: from the first that holds its share of the papers, none left out.

    A lone paper of 1966 would push everything else to one end, so that years before the hundredth
    part of the papers stand together at the slider's first year.
    """
    total = sum(count for _, count in choices.years)
    passed, first = 0, None
    for year, count in choices.years:
        passed += count
        if passed * 100 >= total:
            first = year
            break
    named = [year for year in (chosen.year_from, chosen.year_until) if year is not None]
    known = [year for year, _ in choices.years if first is not None and year >= first]
    every = [*known, *named]
    return list(range(min(every), max(every) + 1)) if every else []


def labels(chosen: LandscapeFilter) -> list[tuple[str, LandscapeFilter]]:
    """What is set, each with the filter that is left when it is taken away.

    Args:
        chosen: The filter in force.

    Returns:
        Label and remaining filter, in the order of the controls.
    """
    found: list[tuple[str, LandscapeFilter]] = []
    if chosen.words:
        found.append((f"“{chosen.words}”", replace(chosen, words="")))
    for venue in chosen.venues:
        found.append((venue, replace(chosen, venues=tuple(v for v in chosen.venues if v != venue))))
    if chosen.year_from is not None:
        found.append((f"from {chosen.year_from}", replace(chosen, year_from=None)))
    if chosen.year_until is not None:
        found.append((f"until {chosen.year_until}", replace(chosen, year_until=None)))
    for source in chosen.sources:
        found.append((source, replace(chosen, sources=tuple(s for s in chosen.sources if s != source))))
    if chosen.minimum_score:
        found.append((f"confidence from {percent(chosen.minimum_score)}", replace(chosen, minimum_score=0.0)))
    return found


def active_filters(state: PageState) -> None:
    """Show what is set as labels, each a link that takes it away. Nothing when nothing is set.

    Args:
        state: What the reader is looking at.
    """
    found = [(label, state.filtered(rest)) for label, rest in labels(state.landscape.filter)]
    if state.landscape.as_of:
        today = replace(state, landscape=replace(state.landscape, as_of=None, page=1))
        found.append((f"as known on {state.landscape.as_of:%-d %B %Y}", today))
    if state.landscape.tag:
        untagged = replace(state, landscape=replace(state.landscape, tag="", page=1))
        found.append((f"tagged {state.landscape.tag}", untagged))
    if not found:
        return
    bare = replace(state.landscape, filter=LandscapeFilter(), as_of=None, tag="", page=1)
    st.html(
        render(
            "active_filters.html",
            filters=[{"label": label, "href": rest.query()} for label, rest in found],
            clear_href=replace(state, landscape=bare).query() if len(found) > 1 else None,
        )
    )


def _with(offered: Sequence[tuple[str, int]], chosen: Sequence[str]) -> list[str]:
    names = [name for name, _ in offered]
    return [*names, *(value for value in chosen if value not in names)]
