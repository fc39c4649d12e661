"""The address bar is the page's state: read at every run, written when the reader changes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from urllib.parse import parse_qs, urlencode

import streamlit as st

from landscape.links import (
    CompareBy,
    KnowledgeState,
    LandscapeState,
    from_knowledge_query,
    from_query,
    to_knowledge_query,
    to_query,
)
from landscape.types import LandscapeFilter
from taxonomy.models import Taxonomy

KNOWLEDGE_PATH = "knowledge"
_WITHOUT_TOPIC = "without-topic"
_VIEW = "view"


@dataclass(frozen=True)
class PageState:
    """What a reader is looking at, and how.

    Attributes:
        landscape: What any output can show.
        without_topic: Only papers of the opened cell that bear none of its topics.
        as_table: The grid as a table in place of the figure.
    """

    landscape: LandscapeState = field(default_factory=LandscapeState)
    without_topic: bool = False
    as_table: bool = False

    @property
    def selected(self) -> str | None:
        """Id of the opened topic or cell."""
        return self.landscape.topic or self.landscape.cell

    @property
    def as_of(self) -> datetime | None:
        """The end of the day whose knowledge is shown, or None for now."""
        day = self.landscape.as_of
        return None if day is None else datetime.combine(day, time.max, UTC)

    def opened(self, *, cell: str | None = None, topic: str | None = None) -> PageState:
        """The same page with another cell or topic opened, or none."""
        return replace(
            self,
            landscape=replace(self.landscape, cell=cell, topic=topic, paper=None, page=1),
            without_topic=False,
        )

    def filtered(self, chosen: LandscapeFilter) -> PageState:
        """The same page under another filter, at the list's first page."""
        return replace(self, landscape=replace(self.landscape, filter=chosen, page=1))

    def compared(self, span: tuple[date, date] | None, by: CompareBy = "published") -> PageState:
        """The same page comparing two days, or none."""
        return replace(self, landscape=replace(self.landscape, compare=span, compare_by=by))

    def query(self) -> str:
        """The query string, with `?`."""
        extra = [(_WITHOUT_TOPIC, "1")] if self.without_topic and self.landscape.cell else []
        extra += [(_VIEW, "table")] if self.as_table else []
        return "?" + "&".join(part for part in (to_query(self.landscape), urlencode(extra)) if part)


def read_address(taxonomy: Taxonomy) -> tuple[PageState, str | None]:
    """Read what the address asks for.

    Args:
        taxonomy: The grid in force; retired topics are followed to their successors.

    Returns:
        The state, and the id of a cell or topic that does not exist, or None.
    """
    params = _params()
    asked = from_query(params)
    topic = taxonomy.resolve_topic(asked.topic) if asked.topic else None
    cell = asked.cell if asked.cell in taxonomy.cells and topic is None else None
    unknown = None
    if asked.topic and topic is None:
        unknown = asked.topic
    elif asked.cell and asked.cell not in taxonomy.cells:
        unknown = asked.cell
    state = PageState(
        landscape=replace(asked, topic=topic, cell=cell),
        without_topic=cell is not None and params.get(_WITHOUT_TOPIC) == ["1"],
        as_table=params.get(_VIEW) == ["table"],
    )
    return state, unknown


def go(state: PageState) -> None:
    """Write a state to the address bar; the page that is drawn next reads it.

    Args:
        state: What the reader wants to look at.
    """
    _write(state.query())


def read_knowledge_address() -> KnowledgeState:
    """Read what the address asks of the Knowledge page.

    Returns:
        The state; what it names need not exist.
    """
    return from_knowledge_query(_params())


def knowledge_href(state: KnowledgeState) -> str:
    """The address of a state of the Knowledge page, from any page of the app.

    Args:
        state: What is to be shown.
    """
    query = to_knowledge_query(state)
    return f"{KNOWLEDGE_PATH}?{query}" if query else KNOWLEDGE_PATH


def go_to_knowledge(state: KnowledgeState) -> None:
    """Write a state of the Knowledge page to the address bar.

    Args:
        state: What the reader wants to look at.
    """
    _write(to_knowledge_query(state))


def _params() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _write(query: str) -> None:
    st.query_params.from_dict(parse_qs(query.removeprefix("?")))
