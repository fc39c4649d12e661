"""Where a click on a chip leads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from export.text_safety import safe_link
from landscape.links import LandscapeState, permalink
from landscape.types import LandscapeSnapshot, PaperRow


def chip_links(
    snapshot: LandscapeSnapshot,
    *,
    base_url: str | None,
    first_papers: Mapping[str, PaperRow] | None = None,
    as_of: date | None = None,
) -> dict[str, str]:
    """Links by topic id and by cell id.

    Args:
        snapshot: The landscape; its filter goes into the links.
        base_url: Address of the app, or None where none is known.
        first_papers: The first paper of each topic's or cell's list, by id; used only where
            there is no base URL.
        as_of: The day that was asked for, or None for the present.

    Returns:
        A permalink for every topic and cell; without a base URL the landing page of its first
        paper, for those that have one. Only safe http(s) links.
    """
    found: dict[str, str | None] = {}
    for cell in snapshot.cells:
        for place, topic in ((cell.id, None), *((topic.id, topic.id) for topic in cell.topics)):
            if base_url:
                state = LandscapeState(cell=cell.id, topic=topic, filter=snapshot.filter, as_of=as_of)
                found[place] = safe_link(permalink(base_url, state))
            else:
                paper = (first_papers or {}).get(place)
                found[place] = safe_link(paper.url) if paper is not None else None
    return {place: url for place, url in found.items() if url is not None}
