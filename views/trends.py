"""The Trends page: cells and topics through time, and the shift from task and method to model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from charts.trends import COLOURS, Measure, trends_figure
from export.tables_csv import trends_csv
from foundation.clock import utc_now
from landscape.links import KnowledgeState
from landscape.trends import LEAST_GROUP_PAPERS, SplitBy, Step, Trend, TrendBase, by_year, trends_of
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy
from views.address import go, knowledge_href
from views.cached import filter_choices, published_layout, snapshot
from views.through_time import through_time
from views.trend_address import MOST_PLACES, TrendState, read_trends
from views.widgets.colours import row_variables
from views.widgets.filter_bar import active_filters, filter_button, words_box, years_slider
from views.widgets.markup import number, percent, plural, render
from views.widgets.notices import nothing_here
from views.widgets.switch import switch
from views.widgets.time_style import plain_chart, time_style
from views.widgets.trend_sections import emerging_section, shift_section, sources_section, times

MEASURES: dict[Measure, str] = {"share": "Share", "papers": "Papers"}
STEPS: dict[Step, str] = {"quarter": "Quarters", "year": "Years"}
SPLITS: dict[SplitBy, str] = {"none": "Together", "venue": "By venue", "source": "By source"}
LINES = len(COLOURS)
_MEASURE, _STEP, _SPLIT, _PLACES = "trend_measure", "trend_step", "trend_split", "trend_places"


def show() -> None:
    """Draw the page."""
    time_style()
    taxonomy = load_taxonomy()
    state, unknown = read_trends(taxonomy)
    found = through_time(state.landscape.filter)
    st.html(_head(found.base))
    _bar(state)
    years_slider(state, filter_choices())
    active_filters(state)
    if unknown:
        nothing_here(
            "This link names a part of the landscape that does not exist",
            [f"“{unknown}” is not on version {taxonomy.version} of the grid."],
        )
    if not found.base.quarters:
        nothing_here(
            "No paper on the landscape has a date yet",
            [
                "`landscape harvest` asks the sources for papers; `landscape classify` places them.",
                "Under filters fewer papers count: take one away, or widen the years.",
            ],
        )
        return
    if not found.harvested:
        nothing_here(
            "Only the starter library is here",
            [
                "Its papers were chosen by hand, so that their number by quarter says nothing of the field: "
                "everything below is hatched. `landscape harvest` asks the sources.",
            ],
        )
    _choose(state, taxonomy)
    if state.places:
        _chosen(state, taxonomy, found.base)
    _grid(state, taxonomy, found.base)
    shift_section(found.shift)
    _topics(state, taxonomy, found.base)
    emerging_section(taxonomy)
    sources_section(found.base)


def _head(base: TrendBase) -> str:
    parts = []
    if base.quarters:
        counted = sum(total for group in base.groups["none"] for total, _, _ in group.tally.values())
        parts = [
            {"strong": number(counted), "text": "papers on the landscape by day of publication"},
            {"strong": "", "text": f"{base.quarters[0].label} to {base.quarters[-1].label}"},
        ]
        if base.n_undated:
            parts.append({"strong": number(base.n_undated), "text": "without a date are left out"})
    return render("head.html", title="Trends", parts=parts)


def _bar(state: TrendState) -> None:
    with st.container(key="bar", horizontal=True, vertical_alignment="center"):
        words_box(state)
        filter_button(state, filter_choices())
        switch(
            "What is counted",
            MEASURES,
            _MEASURE,
            state.measure,
            lambda value: go(replace(state, measure=value)),
        )
        switch("Length of a step", STEPS, _STEP, state.step, lambda value: go(replace(state, step=value)))


def _choose(state: TrendState, taxonomy: Taxonomy) -> None:
    st.session_state[_PLACES] = list(state.places)
    st.multiselect(
        "Draw as lines",
        [*taxonomy.cells, *taxonomy.topic_by_id],
        key=_PLACES,
        format_func=lambda place: _label(place, taxonomy),
        max_selections=MOST_PLACES,
        select_all=False,
        placeholder="Choose cells and topics, or follow a link in the grid",
        on_change=lambda: go(replace(state, places=tuple(st.session_state[_PLACES]))),
    )


def _chosen(state: TrendState, taxonomy: Taxonomy, base: TrendBase) -> None:
    """The chosen places as lines, in numbers, and as a file."""
    single = state.places[0] if len(state.places) == 1 else None
    split = state.split_by if single else "none"
    lines = _stepped(_lines(state.places, split, taxonomy, base), state)[:LINES]
    links = [{"label": "Close", "href": state.showing().query(), "here": True}]
    title, scope = f"{len(state.places)} places", ""
    if single:
        kind = "cell" if single in taxonomy.cells else "topic"
        title = _label(single, taxonomy)
        scope = taxonomy.topic_by_id[single].scope_note if kind == "topic" else ""
        links = [
            {"label": "Its papers", "href": f"papers?{kind}={single}", "here": True},
            {"label": "On the chart", "href": f"./?{kind}={single}", "here": True},
            {"label": "About it", "href": knowledge_href(KnowledgeState(page=single)), "here": True},
            *links,
        ]
    st.html(render("trend_chosen.html", title=title, scope=scope, links=links))
    with st.container(key="trend_bar", horizontal=True, vertical_alignment="center"):
        if single:
            switch("Lines", SPLITS, _SPLIT, split, lambda value: go(replace(state, split_by=value)))
        st.download_button(
            "CSV",
            data=lambda: trends_csv(lines),
            file_name=f"trends-{utc_now():%Y-%m-%d}.csv",
            mime="text/csv; charset=utf-8",
            icon=":material/download:",
            on_click="ignore",
            key="trend_csv",
        )
    if not lines:
        st.html(render("hint.html", text=f"No venue has {LEAST_GROUP_PAPERS} papers under these filters."))
        return
    plain_chart(
        trends_figure(lines, measure=state.measure, dark=st.context.theme.type == "dark"),
        key="trend_figure",
        alt=f"{title}: {MEASURES[state.measure].lower()} through time. The table after it says the same.",
    )
    st.html(render("trend_numbers.html", lines=[_numbers(line) for line in lines], title=title))


def _numbers(line: Trend) -> dict[str, Any]:
    return {
        "label": line.label,
        "group": line.group,
        "points": [
            {
                "period": point.label,
                "n_papers": point.n_papers,
                "n_relevant": point.n_relevant,
                "share": "" if point.share is None else percent(point.share),
                "interval": ""
                if point.low is None or point.high is None
                else f"{percent(point.low)} to {percent(point.high)}",
                "state": point.harvested,
                "note": point.note,
            }
            for point in line.points
        ],
    }


def _lines(places: Sequence[str], split: SplitBy, taxonomy: Taxonomy, base: TrendBase) -> tuple[Trend, ...]:
    """The lines of some places; of one cell alone its topics come with it."""
    cells = [place for place in places if place in taxonomy.cells]
    topics = [place for place in places if place not in taxonomy.cells]
    if len(places) == 1 and cells and split == "none":
        topics = [topic.id for topic in taxonomy.topics_by_cell[cells[0]]]
    found: list[Trend] = []
    if cells:
        found += trends_of(base, taxonomy, kind="cell", places=cells, split_by=split).trends
    if topics:
        found += trends_of(base, taxonomy, kind="topic", places=topics, split_by=split).trends
    return tuple(trend for trend in found if trend.n_papers or trend.id in places)


def _stepped(trends: Sequence[Trend], state: TrendState) -> tuple[Trend, ...]:
    return by_year(trends) if state.step == "year" else tuple(trends)


def _grid(state: TrendState, taxonomy: Taxonomy, base: TrendBase) -> None:
    """The landscape itself, a small picture of time in every cell."""
    layout = published_layout()
    trends = {trend.id: trend for trend in _stepped(trends_of(base, taxonomy, kind="cell").trends, state)}
    growth = {cell.id: cell.growth for cell in snapshot(state.landscape.filter, None).cells}
    rows = [
        {
            "label": pipeline.label,
            "colours": row_variables(layout.row(pipeline.id).style),
            "cells": [
                {
                    "column": component.label,
                    "name": taxonomy.cell_label(cell),
                    "href": state.showing(cell).query(),
                    "current": cell in state.places,
                    **_spark(trends[cell], state.measure),
                    "growth": times(growth[cell]),
                }
                for component in taxonomy.components
                for cell in [f"{pipeline.id}/{component.id}"]
            ],
        }
        for pipeline in taxonomy.pipelines
    ]
    st.html(
        render(
            "trend_grid.html",
            columns=[component.label for component in taxonomy.components],
            rows=rows,
            what="share of the papers" if state.measure == "share" else "papers",
            step=state.step,
        )
    )


def _spark(trend: Trend, measure: Measure) -> dict[str, Any]:
    """Bars of a trend, each up to the trend's own highest."""
    values = [(point.share or 0.0) if measure == "share" else float(point.n_papers) for point in trend.points]
    most = max(values, default=0.0) or 1.0
    return {
        "n_papers": trend.n_papers,
        "most": percent(most) if measure == "share" else number(round(most)),
        "empty": not trend.n_papers,
        "bars": [
            {
                "part": f"{value / most:.3f}",
                "state": point.harvested,
                "tip": f"{point.label}: {plural(point.n_papers)}"
                + (f", {percent(point.share)}" if point.share is not None else "")
                + ("" if point.harvested == "whole" else f" ({_STATES[point.harvested]})"),
            }
            for value, point in zip(values, trend.points, strict=True)
        ],
    }


_STATES = {"whole": "harvested", "part": "harvested in part", "none": "not harvested"}


def _topics(state: TrendState, taxonomy: Taxonomy, base: TrendBase) -> None:
    layout, counted = published_layout(), snapshot(state.landscape.filter, None)
    trends = {trend.id: trend for trend in _stepped(trends_of(base, taxonomy).trends, state)}
    groups = [
        {
            "label": pipeline.label,
            "colours": row_variables(layout.row(pipeline.id).style),
            "topics": [
                {
                    "label": topic.label,
                    "column": cell.partition("/")[2],
                    "href": state.showing(topic.id).query(),
                    "current": topic.id in state.places,
                    **_spark(trends[topic.id], state.measure),
                    "share": percent(counted.topic(topic.id).share),
                    "growth": times(counted.topic(topic.id).growth),
                }
                for cell in taxonomy.cells
                if cell.startswith(f"{pipeline.id}/")
                for topic in taxonomy.topics_by_cell[cell]
            ],
        }
        for pipeline in taxonomy.pipelines
    ]
    st.html(render("trend_topics.html", groups=groups))


def _label(place: str, taxonomy: Taxonomy) -> str:
    if place in taxonomy.topic_by_id:
        return taxonomy.topic_by_id[place].label
    return taxonomy.cell_label(place)
