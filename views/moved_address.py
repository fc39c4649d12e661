"""What the page What moved shows, as its address says it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from datetime import date
from urllib.parse import urlencode

import streamlit as st

from landscape.links import CompareBy
from taxonomy.models import Taxonomy
from views.address import PageState, read_address

PATH = "moved"
_SNAPSHOTS = re.compile(r"([1-9]\d{0,8})\.\.([1-9]\d{0,8}|now)")


@dataclass(frozen=True)
class MovedState(PageState):
    """What a reader of the page is looking at.

    Attributes:
        snapshots: Ids of the two snapshots that are compared, the later one None for now; or None
            where two days are.
    """

    snapshots: tuple[int, int | None] | None = None

    def compared(self, span: tuple[date, date] | None, by: CompareBy = "published") -> MovedState:
        """The same page comparing two days, or whatever it compares unasked."""
        landscape = replace(self.landscape, compare=span, compare_by=by)
        return replace(self, landscape=landscape, snapshots=None)

    def between(self, before: int, after: int | None) -> MovedState:
        """The same page comparing two snapshots."""
        return replace(self.compared(None), snapshots=(before, after))

    def query(self) -> str:
        """The query string, with `?`."""
        extra = []
        if self.snapshots:
            before, after = self.snapshots
            extra.append(("snapshots", f"{before}..{after or 'now'}"))
        common = super().query().removeprefix("?")
        return "?" + "&".join(part for part in (common, urlencode(extra)) if part)


def read_moved(taxonomy: Taxonomy) -> MovedState:
    """Read what the address asks for.

    Args:
        taxonomy: The grid in force.

    Returns:
        The state; what makes no sense is left out.
    """
    common, _ = read_address(taxonomy)
    bare = common.opened()
    named = _SNAPSHOTS.fullmatch(st.query_params.get("snapshots", ""))
    found: tuple[int, int | None] | None = None
    if named:
        found = int(named[1]), None if named[2] == "now" else int(named[2])
    return MovedState(
        **{field.name: getattr(bare, field.name) for field in fields(PageState)}, snapshots=found
    )
