"""Lists of papers and single places as files, made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from charts.picture import scene_picture
from export.landscape_scene import landscape_scene
from export.pictures import AUTHOR
from export.registry import FORMATS, ExportMaterial
from foundation.clock import utc_now
from foundation.settings import is_loopback
from landscape.links import LandscapeState, permalink
from landscape.trends import trends_of
from landscape.types import LandscapeFilter, PaperRow
from taxonomy.models import Taxonomy
from views.address import PageState
from views.cached import Counted, published_layout, snapshot

if TYPE_CHECKING:
    from landscape.trends import Trend

LIST_FORMATS = {"bibtex": "BibTeX", "ris": "RIS", "csv": "CSV"}
PLACE_FORMATS = {**LIST_FORMATS, "atom": "Feed (Atom)"}


def paper_downloads(key: str, load: Callable[[], tuple[PaperRow, ...]], *, name: str) -> None:
    """The button behind which a list can be saved.

    Args:
        key: Of the widgets.
        load: Gives the papers; asked only on a click.
        name: Beginning of the file's name.
    """
    with st.popover("Save as", icon=":material/download:", key=f"save_{key}"):
        for form, label in LIST_FORMATS.items():
            _button(key, form, label, name, lambda form=form: _list(form, load))  # type: ignore[misc]


def place_downloads(
    state: PageState, found: Counted, taxonomy: Taxonomy, load: Callable[[], tuple[PaperRow, ...]]
) -> None:
    """The button behind which a cell or topic alone can be saved: slide, picture, list, feed.

    Args:
        state: What the reader is looking at; a cell or topic is opened.
        found: The papers under its filter.
        taxonomy: The grid in force.
        load: Gives the papers of the list; asked only on a click.
    """
    place = state.selected or ""
    name = place.rpartition("/")[2] if state.landscape.topic else place.replace("/", "-")

    def material() -> ExportMaterial:
        base = st.context.url
        shared = base if base and not is_loopback(base) else None
        here = LandscapeState(cell=state.landscape.cell, topic=state.landscape.topic)
        here = replace(here, filter=state.landscape.filter, as_of=state.landscape.as_of)
        return ExportMaterial(
            found.snapshot,
            published_layout(),
            papers=load(),
            taxonomy=taxonomy,
            deck="place",
            place=place,
            trends=_trends(state, taxonomy, place),
            links={place: permalink(shared, here)} if shared else {},
            base_url=shared,
        )

    with st.popover("Save this", icon=":material/download:", key="save_place"):
        _button("place", "pptx", "Slide", name, lambda: FORMATS["pptx"].render(material()))
        _button("place", "png", "Picture", name, lambda: _picture(found, place))
        for form, label in PLACE_FORMATS.items():
            _button("place", form, label, name, lambda form=form: FORMATS[form].render(material()))  # type: ignore[misc]


def _trends(state: PageState, taxonomy: Taxonomy, place: str) -> dict[str, Trend]:
    from views.through_time import through_time

    base = through_time(state.landscape.filter).base
    kind = "topic" if state.landscape.topic else "cell"
    counted = trends_of(base, taxonomy, kind=kind, places=[place])  # type: ignore[arg-type]
    return {trend.id: trend for trend in counted.trends}


def _picture(found: Counted, place: str) -> bytes:
    """The chart with this cell alone on its row."""
    cell = "/".join(place.split("/")[:2])
    scene = landscape_scene(found.snapshot, published_layout())
    parts = frozenset({cell.partition("/")[0], cell})
    return scene_picture(scene.only(parts), "png", as_of=found.snapshot.as_of, author=AUTHOR)


def _button(key: str, form: str, label: str, name: str, make: Callable[[], bytes]) -> None:
    st.download_button(
        label,
        data=make,
        file_name=f"{name}-{_today():%Y-%m-%d}{FORMATS[form].suffix}",
        mime=FORMATS[form].media_type,
        key=f"save_{key}_{form}",
        on_click="ignore",
        width="stretch",
    )


def _list(form: str, load: Callable[[], tuple[PaperRow, ...]]) -> bytes:
    counted = snapshot(LandscapeFilter(), None)
    return FORMATS[form].render(ExportMaterial(counted, published_layout(), papers=load()))


def _today() -> date:
    return utc_now().date()
