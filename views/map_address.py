"""What the Map shows, as its address says it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

import streamlit as st

from taxonomy.models import Taxonomy
from views.address import PageState, read_address

PATH = "map"
MOST_CORNERS = 40  # of an outline in the address: finer than a hand draws
_DIGITS = 2  # of a coordinate; the map is some 20 units wide

Corner = tuple[float, float]


@dataclass(frozen=True)
class MapState(PageState):
    """What a reader of the map is looking at.

    Attributes:
        outline: Corners of what was drawn around papers; empty for none.
        group: A group of like papers whose papers are listed, or None.
    """

    outline: tuple[Corner, ...] = ()
    group: int | None = None

    def query(self) -> str:
        """The query string, with `?`."""
        extra = []
        if self.outline:
            extra.append(("around", ";".join(f"{x:.{_DIGITS}f},{y:.{_DIGITS}f}" for x, y in self.outline)))
        if self.group is not None:
            extra.append(("group", str(self.group)))
        common = super().query().removeprefix("?")
        return "?" + "&".join(part for part in (common, urlencode(extra, safe=",;-")) if part)

    def chosen(self, *, outline: Sequence[Corner] = (), group: int | None = None) -> MapState:
        """The same map with other papers chosen, or none."""
        landscape = replace(self.landscape, paper=None, page=1)
        return replace(self, landscape=landscape, outline=thinned(outline), group=group)


def thinned(corners: Sequence[Corner]) -> tuple[Corner, ...]:
    """An outline with few enough corners for an address; fewer than three make none."""
    if len(corners) < 3:
        return ()
    step = max(1, math.ceil(len(corners) / MOST_CORNERS))
    return tuple((round(x, _DIGITS), round(y, _DIGITS)) for x, y in corners[::step])


def read_map(taxonomy: Taxonomy) -> MapState:
    """Read what the address asks for; what makes no sense is left out.

    Args:
        taxonomy: The grid in force.
    """
    common, _ = read_address(taxonomy)
    group = st.query_params.get("group", "")
    return MapState(
        **{field.name: getattr(common, field.name) for field in fields(PageState)},
        outline=_outline(st.query_params.get("around", "")),
        group=int(group) if group.isascii() and group.isdigit() and len(group) < 10 else None,
    )


def _outline(text: str) -> tuple[Corner, ...]:
    corners: list[Corner] = []
    for part in text[:4_000].split(";"):
        x, _, y = part.partition(",")
        try:
            corner = (float(x), float(y))
        except ValueError:
            return ()
        if not all(math.isfinite(each) and abs(each) < 1e6 for each in corner):
            return ()
        corners.append(corner)
    return thinned(corners)
