"""What the Trends page shows, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeVar, get_args
from urllib.parse import urlencode

import streamlit as st

from charts.trends import Measure
from landscape.trends import SplitBy, Step
from taxonomy.models import Taxonomy
from views.address import PageState, read_address

MOST_PLACES = 8  # lines that can be told apart
PATH = "trends"
Value = TypeVar("Value", bound=str)


@dataclass(frozen=True)
class TrendState(PageState):
    """What a reader of the Trends page is looking at.

    Attributes:
        places: Cells and topics drawn as lines.
        measure: Shares or papers.
        split_by: Lines by place, or for one place by venue or source.
        step: By quarter or by year.
    """

    places: tuple[str, ...] = ()
    measure: Measure = "share"
    split_by: SplitBy = "none"
    step: Step = "quarter"

    def query(self) -> str:
        """The query string, with `?`."""
        extra = [("place", place) for place in self.places]
        extra += [("measure", self.measure)] if self.measure != "share" else []
        extra += [("split", self.split_by)] if self.split_by != "none" else []
        extra += [("step", self.step)] if self.step != "quarter" else []
        common = super().query().removeprefix("?")
        return "?" + "&".join(part for part in (common, urlencode(extra, safe="/")) if part)

    def showing(self, *places: str) -> TrendState:
        """The same page with these places drawn."""
        return replace(self, places=places)


def read_trends(taxonomy: Taxonomy) -> tuple[TrendState, str | None]:
    """Read what the address asks for.

    Args:
        taxonomy: The grid in force; retired topics are followed to their successors.

    Returns:
        The state, and the id of a cell or topic that does not exist, or None.
    """
    common, unknown = read_address(taxonomy)
    params = st.query_params
    asked = [*params.get_all("place"), *filter(None, (common.landscape.topic, common.landscape.cell))]
    known: list[str] = []
    for place in asked:
        found = place if place in taxonomy.cells else taxonomy.resolve_topic(place)
        if found is None:
            unknown = unknown or place[:100]
        elif found not in known:
            known.append(found)
    bare = common.opened()
    state = TrendState(
        **{field.name: getattr(bare, field.name) for field in fields(PageState)},
        places=tuple(known[:MOST_PLACES]),
        measure=_one_of(params.get("measure"), get_args(Measure), "share"),
        split_by=_one_of(params.get("split"), get_args(SplitBy), "none"),
        step=_one_of(params.get("step"), get_args(Step), "quarter"),
    )
    return state, unknown


def _one_of(text: str | None, known: tuple[Value, ...], default: Value) -> Value:
    return next((each for each in known if each == text), default)
