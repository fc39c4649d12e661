"""Runs saved searches after a refresh: what is new to each is noted once and stays findable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foundation.errors import RefusedInputError

if TYPE_CHECKING:
    from datetime import datetime

    from db.engine import Store
    from db.searches import SearchRow
    from taxonomy.models import Taxonomy


@dataclass(frozen=True)
class AlertCount:
    """How many papers were news to a search, and why it could not run where it could not."""

    name: str
    papers: int
    problem: str = ""


def add_search(
    store: Store, taxonomy: Taxonomy, name: str, criteria: Mapping[str, Any], *, at: datetime
) -> SearchRow:
    """Save a search. What it finds at once is its beginning, not news.

    Args:
        store: The open store.
        taxonomy: The grid in force.
        name: As its owner calls it.
        criteria: What is looked for (`landscape.saved_search.SearchCriteria`).
        at: The present moment.

    Returns:
        The search.

    Raises:
        RefusedInputError: The name is taken, or the criteria name something that does not exist.
    """
    from db.searches import mark_found, save_search
    from landscape.placements import load_placements
    from landscape.saved_search import matching_papers, read_criteria

    checked = read_criteria(criteria, taxonomy)
    with store.write() as session:
        search = save_search(session, name, checked.model_dump(mode="json", exclude_defaults=True), at=at)
        placements = load_placements(session, taxonomy)
        mark_found(session, search.id, matching_papers(session, taxonomy, checked, placements), at=None)
    return search


def collect_alerts(store: Store, taxonomy: Taxonomy, *, at: datetime) -> tuple[AlertCount, ...]:
    """Note what is new to every saved search.

    Args:
        store: The open store.
        taxonomy: The grid in force.
        at: The present moment: what is found now carries it.

    Returns:
        Searches with news, and searches that could not run.
    """
    from db.searches import list_searches, mark_found
    from landscape.placements import load_placements
    from landscape.saved_search import matching_papers, read_criteria

    with store.read() as session:
        searches = list_searches(session)
        if not searches:
            return ()
        placements = load_placements(session, taxonomy)
        found: dict[int, list[int]] = {}
        counts = []
        for search in searches:
            try:
                criteria = read_criteria(search.criteria, taxonomy)
            except RefusedInputError as error:  # its place was given up: the other searches go on
                counts.append(AlertCount(search.name, 0, str(error)))
            else:
                found[search.id] = matching_papers(session, taxonomy, criteria, placements)
    for search in searches:
        if search.id not in found:
            continue
        with store.write() as session:
            news = mark_found(session, search.id, found[search.id], at=at)
        if news:
            counts.append(AlertCount(search.name, len(news)))
    return tuple(counts)
