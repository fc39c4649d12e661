"""The home page: the landscape, what it is filtered by, and the papers of what is selected."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from export.pptx import landscape_deck
from foundation.settings import is_loopback
from landscape.layout import SlideLayout
from landscape.links import ColourBy, LandscapeState, permalink
from landscape.movement import Movement
from landscape.types import LandscapeFilter, LandscapeSnapshot
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy
from views import paper, papers
from views.address import PageState, go, read_address
from views.cached import Counted, filter_choices, movement, newest_titles, published_layout
from views.cached import counted as counted_papers
from views.widgets.compare import compare_button, comparison_summary
from views.widgets.figure import figure
from views.widgets.filter_bar import active_filters, filter_button, words_box, years_slider
from views.widgets.grid_table import grid_table
from views.widgets.markup import number, plural, render
from views.widgets.notices import nothing_here
from views.widgets.switch import switch

COLOURS: dict[ColourBy, str] = {"count": "Papers", "share": "Share", "growth": "Growth"}
_COLOUR, _VIEW = "landscape_colour", "landscape_view"
_CHART, _TABLE = "Chart", "Table"


def show() -> None:
    """Draw the page."""
    taxonomy = load_taxonomy()
    state, unknown = read_address(taxonomy)
    # The chart counts what passes a filter; likeness of meaning has no edge to count at.
    state = replace(state, landscape=replace(state.landscape, by_meaning=False))
    if state.landscape.paper:
        paper.show_paper(state, taxonomy)
        return
    layout = published_layout()
    found = counted_papers(state.landscape.filter, state.as_of)
    counted = found.snapshot
    st.html(_head(counted, layout, state))
    _bar(state, counted, layout)
    years_slider(state, filter_choices())
    active_filters(state)
    if unknown:
        nothing_here(
            "This link names a part of the landscape that does not exist",
            [f"“{unknown}” is not on version {taxonomy.version} of the grid."],
        )
    _explain_emptiness(counted, state)
    moved = None
    if state.landscape.compare and counted.papers:
        moved = movement(state.landscape.compare, state.landscape.compare_by, state.landscape.filter)
        st.html(comparison_summary(moved, state))
    _chart(state, found, taxonomy, layout, moved)
    if state.selected:
        papers.show_list(state, found, taxonomy, layout)
    else:
        st.html(render("hint.html", text="Choose a topic or a cell to read its papers."))


def _head(counted: LandscapeSnapshot, layout: SlideLayout, state: PageState) -> str:
    parts = [
        {"strong": number(counted.papers), "text": "paper" if counted.papers == 1 else "papers"},
        {"strong": number(counted.relevant), "text": "relevant"},
    ]
    if counted.unsure:
        parts.append({"strong": number(counted.unsure), "text": "in doubt"})
    unclassified = counted.papers - counted.classified
    if unclassified:
        parts.append({"strong": number(unclassified), "text": "not classified yet"})
    when = "as of" if state.as_of else "today,"
    classifier = f"classifier {counted.classifier}" if counted.classifier else "no classifier run yet"
    parts += [
        {"strong": "", "text": f"{when} {counted.as_of:%-d %B %Y}"},
        {"strong": "", "text": classifier},
        {"strong": "", "text": f"taxonomy {counted.taxonomy_version}"},
    ]
    return render("head.html", title=layout.title.text, parts=parts)


def _bar(state: PageState, counted: LandscapeSnapshot, layout: SlideLayout) -> None:
    with st.container(key="bar", horizontal=True, vertical_alignment="center"):
        words_box(state)
        filter_button(state, filter_choices())
        compare_button(state)
        with st.container(key="wide_only", horizontal=True, vertical_alignment="center", width="content"):
            _switches(state)
        st.space("stretch")
        st.download_button(
            "Slides",
            data=lambda: landscape_deck(counted, layout, links=deck_links(counted, state)),
            file_name=f"llm-landscape-{counted.as_of:%Y-%m-%d}.pptx",
            mime="application/vnd.openxmlformats-officedocument.presentationml.presentation",
            icon=":material/download:",
            help="The chart as an editable slide deck, with these filters.",
            on_click="ignore",
        )


def _switches(state: PageState) -> None:
    if not state.as_table and not state.landscape.compare:
        switch(
            "Shade the chips by",
            COLOURS,
            _COLOUR,
            state.landscape.colour_by,
            lambda value: go(replace(state, landscape=replace(state.landscape, colour_by=value))),
        )
    switch(
        "Show the landscape as",
        {_CHART: _CHART, _TABLE: _TABLE},
        _VIEW,
        _TABLE if state.as_table else _CHART,
        lambda value: go(replace(state, as_table=value == _TABLE)),
    )


def deck_links(counted: LandscapeSnapshot, state: PageState) -> dict[str, str] | None:
    """Addresses for the deck's chips.

    Args:
        counted: What the deck shows.
        state: Its filters.

    Returns:
        URLs by cell and topic id; None where they would lead nowhere on another machine.
    """
    base = st.context.url
    if not base or is_loopback(base):
        return None
    place = LandscapeState(filter=state.landscape.filter, as_of=state.landscape.as_of)
    links = {cell.id: permalink(base, replace(place, cell=cell.id)) for cell in counted.cells}
    for cell in counted.cells:
        links.update({topic.id: permalink(base, replace(place, topic=topic.id)) for topic in cell.topics})
    return links


def _explain_emptiness(counted: LandscapeSnapshot, state: PageState) -> None:
    if counted.papers == 0 and state.landscape.filter != LandscapeFilter():
        nothing_here(
            "No paper passes these filters",
            ["Take a filter away, or widen the years."],
            {"Clear all filters": state.filtered(LandscapeFilter()).query()},
        )
    elif counted.papers == 0 and state.as_of:
        nothing_here(
            f"The store knew no paper on {counted.as_of:%-d %B %Y}",
            ["The landscape is shown as the store knew it on that day."],
            {"Show today": replace(state, landscape=replace(state.landscape, as_of=None)).query()},
        )
    elif counted.papers == 0:
        nothing_here(
            "The store holds no papers yet",
            [
                "`landscape init` loads the starter library and classifies it, offline.",
                "`landscape harvest` asks the sources for papers; `landscape import FILE` reads your own.",
            ],
        )
    elif counted.classified == 0:
        nothing_here(
            f"{plural(counted.papers)}, none of them classified yet",
            ["`landscape classify` places them on the landscape."],
        )


def _chart(
    state: PageState,
    found: Counted,
    taxonomy: Taxonomy,
    layout: SlideLayout,
    moved: Movement | None,
) -> None:
    with st.container(key="landscape"):
        if not state.as_table:
            newest = newest_titles(state.landscape.filter, state.as_of)
            figure(state, found, layout, newest=newest, moved=moved)
        with st.container(key="grid_alone" if state.as_table else "grid_behind"):
            st.html(
                grid_table(
                    found.snapshot,
                    taxonomy,
                    layout,
                    cell_href=lambda cell: state.opened(cell=cell).query(),
                    topic_href=lambda topic: state.opened(topic=topic).query(),
                    selected=state.selected,
                    moved=moved,
                )
            )
