"""The Map: papers in two dimensions by likeness of their texts; drawn around, they become a list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from sqlalchemy import func, select

from charts.map import RowDots, map_figure
from db.discovery import latest_discovery
from db.papers import find_paper_ids
from db.tables import MAP_POINT
from landscape.links import KnowledgeState
from landscape.paper_map import (
    MOST_DRAWN,
    Area,
    PaperMap,
    areas,
    drawn,
    inside,
    load_paper_map,
    members_of,
    titles_of,
)
from landscape.papers import rows_at
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy
from views.address import go, knowledge_href
from views.cached import Counted, counted, filter_choices, published_layout, store
from views.map_address import Corner, MapState, read_map
from views.widgets.filter_bar import active_filters, filter_button, words_box
from views.widgets.markup import number, plural, render
from views.widgets.notices import nothing_here
from views.widgets.paper_list import PAPERS_A_PAGE, page_links, paper_list

if TYPE_CHECKING:
    from db.engine import Store
    from landscape.columns import Integers, PaperColumns

_KEY = "paper_map"
_STYLE = Path(__file__).parent / "widgets" / "map.css"
MAPS_KEPT = 2  # 32 bytes a paper


def show() -> None:
    """Draw the page."""
    st.html(_STYLE)
    taxonomy = load_taxonomy()
    state = read_map(taxonomy)
    found = counted(state.landscape.filter, None)
    paper_map, named = _map(found.token, _map_version(store()), found.columns, store())
    st.html(render("head.html", title="Map", parts=_parts(paper_map)))
    if not len(paper_map):
        nothing_here(
            "No map was laid out yet",
            [
                "`landscape classify --vectors all` reads every paper once and lays the map out.",
                "On a store of some ten thousand papers that takes minutes; it may be stopped and goes on.",
            ],
        )
        return
    with st.container(key="bar", horizontal=True, vertical_alignment="center"):
        words_box(state)
        filter_button(state, filter_choices())
    active_filters(state)
    front, behind = drawn(paper_map, found.mask)
    if not len(front):
        nothing_here(
            "No paper on the map passes these filters",
            ["Take one away, or widen the years."],
            {"Clear all filters": state.filtered(LandscapeFilter()).query()},
        )
    chosen = _chosen(state, paper_map, found)
    _figure(state, paper_map, found, taxonomy, front, behind, chosen, named)
    st.html(
        render("map_hint.html", areas=_area_links(state, named), summary=_summary(paper_map, found, front))
    )
    if chosen is not None:
        _list(state, taxonomy, paper_map, found.columns, chosen)


def _parts(paper_map: PaperMap) -> list[dict[str, str]]:
    return [
        {"strong": number(len(paper_map)), "text": "papers, like ones near each other"},
    ]


def _summary(paper_map: PaperMap, found: Counted, front: Integers) -> str:
    passing = int(found.mask[paper_map.index].sum())
    if passing > len(front):
        return f"An even sample of {len(front):,} of {plural(passing)} is drawn; lists hold all of them."
    if passing < len(paper_map):
        return f"{plural(passing)} in colour; the others lie behind, in grey."
    return ""


def _map_version(opened: Store) -> tuple[Any, ...]:
    """What changes whenever the map or the groups on it do."""
    query = select(func.count(), func.max(MAP_POINT.c.paper_id), func.sum(MAP_POINT.c.x))
    with opened.read() as session:
        run = latest_discovery(session)
        return (opened.name, *session.execute(query).one(), None if run is None else run.id)


@st.cache_resource(show_spinner="Reading the map …", max_entries=MAPS_KEPT)
def _map(
    token: int, version: tuple[Any, ...], _columns: PaperColumns, _opened: Store
) -> tuple[PaperMap, tuple[Area, ...]]:
    with _opened.read() as session:
        found = load_paper_map(session, _columns)
        return found, areas(session, _columns, found)


@st.cache_resource(show_spinner=False, max_entries=MAPS_KEPT)
def _titles(token: int, version: tuple[Any, ...], _columns: PaperColumns, _found: PaperMap) -> dict[int, str]:
    """Titles of every paper that may be drawn, however it is filtered."""
    with store().read() as session:
        return dict(titles_of(session, _columns, _found.index.tolist()))


def _chosen(state: MapState, paper_map: PaperMap, found: Counted) -> Integers | None:
    """Positions on the map of what the reader chose, or None where nothing is chosen."""
    import numpy as np

    passing = found.mask[paper_map.index]
    if state.landscape.paper:
        with store().read() as session:
            known = find_paper_ids(session, [state.landscape.paper])
        place = found.columns.places_of(known.values())
        return np.flatnonzero(np.isin(paper_map.index, place))
    if state.outline:
        own = np.flatnonzero(inside(paper_map, state.outline) & passing)
        newest = found.columns.day[paper_map.index[own]]
        return own[np.argsort(-newest, kind="stable")]
    if state.group is not None:
        with store().read() as session:
            own = members_of(session, found.columns, paper_map, state.group)
        return own[passing[own]]
    return None


def _figure(
    state: MapState,
    paper_map: PaperMap,
    found: Counted,
    taxonomy: Taxonomy,
    front: Integers,
    behind: Integers,
    chosen: Integers | None,
    named: tuple[Area, ...],
) -> None:
    layout = published_layout()
    titles = _titles(found.token, _map_version(store()), found.columns, paper_map)
    rows = []
    for position, pipeline in enumerate(taxonomy.pipelines):
        own = front[paper_map.row[front] == position]
        rows.append(
            RowDots(
                label=f"{pipeline.label} ({len(own):,})",
                style=layout.row(pipeline.id).style,
                x=paper_map.x[own].tolist(),
                y=paper_map.y[own].tolist(),
                titles=[titles.get(int(paper_map.index[each]), "") for each in own],
                positions=own.tolist(),
            )
        )
    marked = () if chosen is None or state.outline or len(chosen) > MOST_DRAWN // 10 else chosen.tolist()
    figure = map_figure(
        rows,
        (paper_map.x[behind].tolist(), paper_map.y[behind].tolist()),
        named,
        outline=state.outline,
        marked=([float(paper_map.x[each]) for each in marked], [float(paper_map.y[each]) for each in marked]),
        dark=st.context.theme.type == "dark",
    )

    def picked() -> None:
        _pick(state, paper_map, found.columns, st.session_state.get(_KEY))

    st.plotly_chart(
        figure,
        key=_KEY,
        theme=None,
        on_select=picked,
        selection_mode=("lasso", "box", "points"),
        config={
            "displaylogo": False,
            "scrollZoom": True,
            "modeBarButtonsToRemove": ["toImage", "autoScale2d"],
        },
        alt="Map of papers: like papers lie near each other. The named areas below it lead to their papers.",
    )


def _pick(state: MapState, paper_map: PaperMap, columns: PaperColumns, event: Any) -> None:
    """Write what was drawn around, or clicked, to the address."""
    outline = drawn_outline(event)
    if outline:
        go(state.chosen(outline=outline))
        return
    points = (event or {}).get("selection", {}).get("points", [])
    positions = [point.get("customdata") for point in points]
    hit = [each[0] if isinstance(each, list) else each for each in positions if each is not None]
    if not hit or not isinstance(hit[0], int) or not 0 <= hit[0] < len(paper_map):
        return
    with store().read() as session:
        rows = rows_at(session, load_taxonomy(), columns, [int(paper_map.index[hit[0]])])
    if rows:
        bare = state.chosen()
        go(replace(bare, landscape=replace(bare.landscape, paper=rows[0].id)))


def drawn_outline(event: Any) -> tuple[Corner, ...]:
    """What a reader drew, from the figure's event: a lasso or a box; nothing for a click.

    Args:
        event: `{"selection": {"lasso": [{"x": [...], "y": [...]}], "box": [...]}}`.

    Returns:
        Corners in order.
    """
    selection = (event or {}).get("selection", {})
    for lasso in selection.get("lasso") or ():
        return tuple((float(x), float(y)) for x, y in zip(lasso["x"], lasso["y"], strict=False))
    for box in selection.get("box") or ():
        (x1, x2), (y1, y2) = box["x"], box["y"]
        return ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    return ()


def _area_links(state: MapState, named: tuple[Area, ...]) -> list[dict[str, Any]]:
    return [
        {
            "label": area.name,
            "papers": area.n_papers,
            "href": state.chosen(group=area.group).query(),
            "current": area.group == state.group,
        }
        for area in sorted(named, key=lambda area: area.name)
    ]


def _list(
    state: MapState, taxonomy: Taxonomy, paper_map: PaperMap, columns: PaperColumns, chosen: Integers
) -> None:
    """The chosen papers, a page at a time."""
    page = state.landscape.page
    offset = (page - 1) * PAPERS_A_PAGE
    indexes = paper_map.index[chosen][offset : offset + PAPERS_A_PAGE].tolist()
    with store().read() as session:
        rows = rows_at(session, taxonomy, columns, indexes)
    title = "The chosen paper" if state.landscape.paper else f"{plural(len(chosen))} chosen"
    links = [{"label": "Choose none", "href": state.chosen().query()}]
    st.html(render("trend_chosen.html", title=title, scope="", links=links))
    if not rows:
        nothing_here("No papers here", ["Draw around some dots, or follow a named area."])
        return

    def at(number: int) -> str:
        return replace(state, landscape=replace(state.landscape, page=number)).query()

    st.html(
        paper_list(
            rows,
            taxonomy,
            published_layout(),
            first=offset + 1,
            paper_href=lambda paper: f"papers?paper={paper}",
            cell_href=lambda cell: knowledge_href(KnowledgeState(page=cell)),
            topic_href=lambda topic: knowledge_href(KnowledgeState(page=topic)),
        )
    )
    pages = page_links(page, len(chosen), at)
    if pages:
        st.html(pages)
